// Reads one of our logs from its folder with the code that Go's own checksum database is checked with, and says what it
// found: `check FOLDER KEY [OLDER CHECKPOINT ...]`. Exit code 1, and why, for anything that does not hold.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

var folder string

// pathOf is where C2SP tlog-tiles has what Go calls tile/8/<level>/<number>.
func pathOf(t tlog.Tile) string {
	return filepath.Join(folder, strings.Replace(t.Path(), "tile/8/", "tile/", 1))
}

type tiles struct{}

func (tiles) Height() int                            { return height }
func (tiles) SaveTiles(_ []tlog.Tile, _ [][]byte)    {}
func (tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, t := range wanted {
		data, err := os.ReadFile(pathOf(t))
		if err != nil {
			return nil, err
		}
		read = append(read, data)
	}
	return read, nil
}

func must(err error, what string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func require(holds bool, what string) {
	if !holds {
		must(fmt.Errorf("does not hold"), what)
	}
}

// opened is the tree of a signed checkpoint. Its first line must be the key's name.
func opened(path, key string) tlog.Tree {
	data, err := os.ReadFile(path)
	must(err, path)
	verifier, err := note.NewVerifier(key)
	must(err, "key")
	signed, err := note.Open(data, note.VerifierList(verifier))
	must(err, path)
	origin, rest, _ := strings.Cut(signed.Text, "\n")
	require(origin == verifier.Name(), "origin "+origin)
	// Go's own trees begin with a fixed line and are the same in the rest.
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + rest))
	must(err, path)
	return tree
}

func main() {
	folder = os.Args[1]
	tree := opened(filepath.Join(folder, "checkpoint"), os.Args[2])

	var stored []tlog.Hash
	hashed := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	var leaves []tlog.Hash
	for first := int64(0); first < tree.N; first += 256 {
		width := min(256, tree.N-first)
		path := pathOf(tlog.Tile{H: height, L: -1, N: first / 256, W: int(width)})
		data, err := os.ReadFile(strings.Replace(path, "tile/data", "tile/entries", 1))
		must(err, "bundle")
		for i := int64(0); i < width; i++ {
			require(len(data) >= 2 && len(data) >= 2+int(binary.BigEndian.Uint16(data)), path)
			entry := data[2 : 2+binary.BigEndian.Uint16(data)]
			data = data[2+len(entry):]
			hashes, err := tlog.StoredHashes(first+i, entry, hashed)
			must(err, path)
			leaves = append(leaves, hashes[0])
			stored = append(stored, hashes...)
		}
		require(len(data) == 0, path)
	}
	root, err := tlog.TreeHash(tree.N, hashed)
	must(err, "root")
	require(root == tree.Hash, "the entries' root")
	for _, t := range tlog.NewTiles(height, 0, tree.N) {
		ours, err := os.ReadFile(pathOf(t))
		must(err, "tile")
		right, err := tlog.ReadTileData(t, hashed)
		must(err, "tile")
		require(bytes.Equal(ours, right), pathOf(t))
	}

	read := tlog.TileHashReader(tree, tiles{})
	for n := int64(0); n < tree.N; n += max(1, min(997, tree.N-1-n)) {
		proof, err := tlog.ProveRecord(tree.N, n, read)
		must(err, "inclusion")
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, n, leaves[n]), "inclusion")
	}
	for _, older := range os.Args[3:] {
		before := opened(older, os.Args[2])
		proof, err := tlog.ProveTree(tree.N, before.N, read)
		must(err, "consistency")
		must(tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash), "consistency")
	}
	fmt.Println(tree.N, tree.Hash)
}
