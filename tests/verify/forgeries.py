"""Single changes to an honest log, each with what the check must find: code, file, entry, unit.

Whoever forges is given every key that the change needs, the log's own included, unless the case says otherwise: what then
still finds it is named in `why`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from realcount.domain.canonical import canonical_bytes, parse_canonical, sha256_hex
from realcount.domain.log.checkpoints import read_checkpoint
from realcount.domain.log.entries import read_entry
from realcount.domain.log.notes import COSIGNATURE, Note, read_note
from realcount.domain.log.sealed_forms import SealedForm
from realcount.domain.log.sealed_keys import distrust_entry, registration_entry, revocation_entry
from realcount.domain.log.sealed_recalls import SealedRecall
from realcount.domain.log.snapshots import Snapshot, contest_entry, opening_entry, snapshot_entry
from realcount.domain.log.tiles import WIDTH
from realcount.domain.log.unit_lists import list_digest
from realcount.domain.official import APPROVER, SUBMITTER
from realcount.domain.sum_tree import Branch, Node, node_of, read_node
from tests import small_election as small
from tests.verify.building import (
    LOG,
    OFFICIALS,
    SEEN,
    WITNESSES,
    Signer,
    Writer,
    note_of,
    official,
    published,
    sealed,
    small_log,
)

Files = dict[str, bytes]
FULL, LAST = "tile/entries/000", "tile/entries/001.p/67"
FIRST_KEY = 4
FIRST_FORM = 8

FORGERIES: list[Forgery] = []


@dataclass(frozen=True)
class Forgery:
    """`forge` gives the files; `code`, `file`, `entry` and `unit` are of a finding that must be among those made; None
    where the case leaves it open."""

    name: str
    forge: Callable[[], Files]
    code: str
    file: str | None = None
    entry: int | None = None
    unit: str | None = None
    says: str = ""


def forgery(
    code: str, file: str | None = None, entry: int | None = None, unit: str | None = None, says: str = ""
) -> Callable[[Callable[[], Files]], Callable[[], Files]]:
    def add(forge: Callable[[], Files]) -> Callable[[], Files]:
        FORGERIES.append(Forgery(forge.__name__, forge, code, file, entry, unit, says))
        return forge

    return add


# ---- what the forger has to work with ------------------------------------------------------------------------------------


def honest() -> Files:
    return published(small_log())


def entries() -> list[bytes]:
    return list(small_log().entries)


def again(changed: Sequence[bytes]) -> Files:
    """Another log in the place of this one: hashed from the entries up and signed by the log's key and every witness."""
    return published(small_log(), changed)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def changed(index: int, old: bytes, new: bytes) -> list[bytes]:
    whole = entries()
    assert old in whole[index]
    whole[index] = whole[index].replace(old, new, 1)
    return whole


def form_changed(index: int, old: bytes, new: bytes) -> list[bytes]:
    """A form changed, and the review made to name the changed one: all that can be done without the officials' keys."""
    whole = changed(index, old, new)
    entry = parse_canonical(whole[index])
    form, review = entry["form"], entry["review"]
    assert isinstance(form, dict) and isinstance(review, dict)
    whole[index] = canonical_bytes({**entry, "review": {**review, "form": sha256_hex(canonical_bytes(form))}})
    return whole


def index_of(of: object, station: str, version: int) -> int:
    for index, entry in enumerate(entries()):
        said = read_entry(entry)
        if isinstance(said, SealedForm) and (said.form.contest, said.form.station, said.form.version) == (
            of,
            station,
            version,
        ):
            return index
    raise AssertionError("no such form")


def snapshot_of(contest: str, unit: str) -> int:
    """The entry of the newest snapshot."""
    found = [
        index
        for index, entry in enumerate(entries())
        if isinstance(said := read_entry(entry), Snapshot) and (said.contest.contest, said.unit) == (contest, unit)
    ]
    return found[-1]


def nodes(contest: str, unit: str) -> str:
    """The path of the node of a unit in the newest tree."""
    said = read_entry(entries()[snapshot_of(contest, "N")])
    assert isinstance(said, Snapshot)
    hash_, at = said.root.hex(), "N"
    while at != unit:
        node = read_node(small_log().nodes[hash_])
        branch = next(b for b in node.branches if b.unit == unit or unit.replace("V", "P")[:2] == b.unit)
        assert branch.hash is not None
        hash_, at = branch.hash.hex(), branch.unit
    return f"sums/{hash_}"


def replaced(index: int, entry: bytes) -> list[bytes]:
    whole = entries()
    whole[index] = entry
    return whole


def bundle_changed(index: int, old: bytes, new: bytes) -> Files:
    """Only the bundle is changed: no hash follows it."""
    files = again(changed(index, old, new))
    return honest() | {path: files[path] for path in (FULL, LAST)}


# ---- the files of the tree -----------------------------------------------------------------------------------------------


@forgery("entry-differs", FULL, FIRST_FORM)
def a_vote_in_a_bundle() -> Files:
    return bundle_changed(FIRST_FORM, b'"01":100', b'"01":900')


@forgery("bad-entry", FULL, FIRST_FORM, says="review.form")
def a_vote_in_a_bundle_is_not_what_was_approved() -> Files:
    return bundle_changed(FIRST_FORM, b'"01":100', b'"01":900')


@forgery("root-differs", "checkpoint")
def a_vote_with_every_tile_hashed_again_but_not_signed() -> Files:
    return again(changed(FIRST_FORM, b'"01":100', b'"01":900')) | {"checkpoint": honest()["checkpoint"]}


@forgery("bad-signature", FULL, FIRST_FORM, "S1", says="sub-p1")
def a_vote_with_everything_hashed_and_signed_by_the_log() -> Files:
    return again(form_changed(FIRST_FORM, b'"01":100', b'"01":900'))


@forgery("bad-bundle", FULL, 0)
def a_length_in_a_bundle() -> Files:
    return honest() | {FULL: flipped(honest()[FULL], 0)}


@forgery("entry-differs", FULL, 0)
def a_byte_in_the_opening() -> Files:
    return honest() | {FULL: flipped(honest()[FULL], 40)}


@forgery("bad-bundle", FULL, 0)
def two_bundles_swapped_of_different_width() -> Files:
    files = honest()
    return files | {FULL: files[LAST], LAST: files[FULL]}


@forgery("bad-bundle", LAST, WIDTH)
def an_entry_taken_out_of_a_bundle() -> Files:
    files = honest()
    first = 2 + int.from_bytes(files[LAST][:2], "big")
    return files | {LAST: files[LAST][first:]}


@forgery("missing", FULL, 0)
def a_bundle_withheld() -> Files:
    return {path: data for path, data in honest().items() if path != FULL}


@forgery("too-large", LAST, WIDTH)
def a_bundle_without_end() -> Files:
    return honest() | {LAST: bytes(WIDTH * 65_538)}


@forgery("tile-differs", "tile/0/000", 7)
def a_bit_in_a_tile_of_level_0() -> Files:
    return honest() | {"tile/0/000": flipped(honest()["tile/0/000"], 7 * 32)}


@forgery("tile-differs", "tile/0/001.p/67", WIDTH + 66)
def a_bit_in_a_partial_tile() -> Files:
    return honest() | {"tile/0/001.p/67": flipped(honest()["tile/0/001.p/67"], 67 * 32 - 1)}


@forgery("tile-differs", "tile/1/000.p/1", 0)
def a_bit_in_a_tile_of_level_1() -> Files:
    return honest() | {"tile/1/000.p/1": flipped(honest()["tile/1/000.p/1"], 31)}


@forgery("missing", "tile/0/000", 0)
def a_tile_withheld() -> Files:
    return {path: data for path, data in honest().items() if path != "tile/0/000"}


@forgery("missing", "tile/1/000.p/1", 0)
def an_upper_tile_withheld() -> Files:
    return {path: data for path, data in honest().items() if path != "tile/1/000.p/1"}


@forgery("bad-tile", "tile/0/001.p/67", WIDTH)
def a_tile_cut_short() -> Files:
    return honest() | {"tile/0/001.p/67": honest()["tile/0/001.p/67"][:-32]}


@forgery("too-large", "tile/0/000", 0)
def a_tile_with_more_behind_it() -> Files:
    return honest() | {"tile/0/000": honest()["tile/0/000"] + bytes(32)}


# ---- the log's word ------------------------------------------------------------------------------------------------------


def _word(change: Callable[[str], str]) -> Files:
    """The text of the checkpoint changed, its signatures left."""
    note = read_note(honest()["checkpoint"])
    return honest() | {"checkpoint": Note(change(note.text), note.signatures).to_bytes()}


@forgery("checkpoint-unsigned", "checkpoint")
def the_size_in_the_checkpoint() -> Files:
    return _word(lambda text: text.replace("\n323\n", "\n322\n"))


@forgery("checkpoint-unsigned", "checkpoint")
def the_root_in_the_checkpoint() -> Files:
    other = read_checkpoint(note_of(entries()[:10]).text)
    return _word(lambda text: replace(read_checkpoint(text), root=other.root).to_text())


@forgery("checkpoint-unsigned", "checkpoint")
def the_signature_of_the_checkpoint() -> Files:
    note = read_note(honest()["checkpoint"])
    own = note.signatures[0]
    broken = (replace(own, blob=flipped(own.blob, 9)), *note.signatures[1:])
    return honest() | {"checkpoint": Note(note.text, broken).to_bytes()}


@forgery("checkpoint-unsigned", "checkpoint", says=LOG.name)
def a_checkpoint_signed_by_another_key_of_that_name() -> Files:
    return honest() | {"checkpoint": note_of(entries(), replace(LOG, seed="another")).to_bytes()}


@forgery("wrong-origin", "checkpoint", says="another.example")
def a_checkpoint_of_another_log_of_the_same_key() -> Files:
    text = replace(read_checkpoint(note_of(entries()).text), origin="another.example").to_text()
    return honest() | {"checkpoint": Note(text, (LOG.sign(text),)).to_bytes()}


@forgery("bad-checkpoint", "checkpoint")
def a_checkpoint_of_noise() -> Files:
    return honest() | {"checkpoint": bytes(range(256))}


@forgery("missing", "checkpoint")
def no_checkpoint() -> Files:
    return {path: data for path, data in honest().items() if path != "checkpoint"}


@forgery("missing", says="no file")
def a_checkpoint_of_a_log_without_end() -> Files:
    text = replace(read_checkpoint(note_of(entries()).text), size=10**18).to_text()
    return honest() | {"checkpoint": Note(text, (LOG.sign(text), *(w.sign(text, SEEN) for w in WITNESSES))).to_bytes()}


@forgery("too-few-witnesses", "checkpoint", says="2: witness-1.example, witness-2.example")
def a_cosignature_by_a_stranger() -> Files:
    stranger = Signer("stranger.example", COSIGNATURE)
    return honest() | {"checkpoint": note_of(entries(), witnesses=(*WITNESSES[:2], stranger)).to_bytes()}


@forgery("too-few-witnesses", "checkpoint", says="2: ")
def a_cosignature_by_another_key_of_a_witness_name() -> Files:
    false = replace(WITNESSES[2], seed="another")
    return honest() | {"checkpoint": note_of(entries(), witnesses=(*WITNESSES[:2], false)).to_bytes()}


@forgery("too-few-witnesses", "checkpoint", says="2: ")
def a_cosignature_of_an_earlier_checkpoint() -> Files:
    before = note_of(entries()[:300])
    note = note_of(entries(), witnesses=WITNESSES[:2])
    return honest() | {"checkpoint": Note(note.text, (*note.signatures, before.signatures[3])).to_bytes()}


@forgery("too-few-witnesses", "checkpoint", says="1: ")
def one_witness_three_times() -> Files:
    return honest() | {"checkpoint": note_of(entries(), witnesses=[WITNESSES[0]] * 3).to_bytes()}


# ---- entries, with everything above them hashed and signed by the log ----------------------------------------------------


@forgery("bad-signature", FULL, FIRST_FORM, "S1")
def the_scan_of_another_form() -> Files:
    other = small.SCAN_REF.sha256.translate(str.maketrans("0123456789", "1234567890"))
    return again(form_changed(FIRST_FORM, small.SCAN_REF.sha256.encode(), other.encode()))


@forgery("snapshot-differs", unit="N")
def a_form_deleted() -> Files:
    whole = entries()
    del whole[index_of("ppwp", "S3", small_log().forms[small.PPWP, "S3"][0])]
    return again(whole)


@forgery("node-differs", unit="S2", says="V1 lists")
def a_correction_dropped() -> Files:
    """Version and predecessor may jump, as returned versions are not in the log. The published tree names the station."""
    whole = entries()
    last = index_of("dprd", "S2", small_log().forms[small.DPRD, "S2"][0])
    whole[last] = revocation_entry(small.ELECTION, "app-p2", small.AFTER)  # Something else in its place.
    return again(whole)


@forgery("wrong-version", says="was already")
def an_entry_twice() -> Files:
    whole = entries()
    return again([*whole, whole[300]])


@forgery("wrong-version", FULL, says="does not name")
def a_correction_of_something_else() -> Files:
    entry, _ = sealed(small.PPWP, "S1", (9, 9), 2, "0" * 64)
    return again(replaced(index_of("ppwp", "S1", 2), entry))


@forgery("wrong-signer", FULL, FIRST_FORM, "S1", says="sub-p1 was not registered")
def a_key_event_removed() -> Files:
    whole = entries()
    whole[FIRST_KEY] = registration_entry(official("somebody", SUBMITTER, ("P1",)), small.DAWN)
    return again(whole)


@forgery("wrong-signer", entry=FIRST_FORM + 1, unit="S1", says="was revoked")
def a_revoked_key_used() -> Files:
    entry, _ = sealed(small.PPWP, "S1", (9, 9))
    return _beginning(revocation_entry(small.ELECTION, "app-p1", small.NOON), entry)


@forgery("wrong-signer", entry=FIRST_FORM, unit="S1", says="same person")
def both_signatures_by_one_person() -> Files:
    officials = [replace(key, holder="one and the same".replace(" ", "-")) for key in OFFICIALS]
    return _beginning(sealed(small.PPWP, "S1", (9, 9))[0], officials=officials)


@forgery("wrong-signer", entry=FIRST_FORM, unit="S1", says="no approver's key")
def a_submitter_who_approves() -> Files:
    officials = [replace(key, role=SUBMITTER) for key in OFFICIALS]
    return _beginning(sealed(small.PPWP, "S1", (9, 9))[0], officials=officials)


@forgery("wrong-signer", entry=FIRST_FORM, unit="S1", says="no approver's key for ppwp")
def a_key_for_another_contest() -> Files:
    officials = [replace(key, contests=("dpr",)) if key.role == APPROVER else key for key in OFFICIALS]
    return _beginning(sealed(small.PPWP, "S1", (9, 9))[0], officials=officials)


@forgery("bad-signature", entry=FIRST_FORM, unit="S1", says="form signature")
def signed_by_somebody_else() -> Files:
    return _beginning(sealed(small.PPWP, "S1", (9, 9), signed_as=("sub-p2", "app-p1"))[0])


@forgery("bad-signature", entry=FIRST_FORM, unit="S1", says="review signature")
def approved_by_somebody_else() -> Files:
    return _beginning(sealed(small.PPWP, "S1", (9, 9), signed_as=("sub-p1", "sub-p1"))[0])


@forgery("bad-signature", entry=FIRST_FORM, unit="S1")
def a_key_of_an_unknown_algorithm() -> Files:
    officials = [replace(key, algorithm="rot13") for key in OFFICIALS]
    return _beginning(sealed(small.PPWP, "S1", (9, 9))[0], officials=officials)


@forgery("out-of-reach", entry=FIRST_FORM, unit="S6", says="app-p1 speaks for P1")
def officials_of_another_province() -> Files:
    return _beginning(sealed(small.PPWP, "S6", (9, 9), submitter="sub-p1", approver="app-p1")[0])


@forgery("unknown-station", entry=FIRST_FORM, unit="S9")
def a_station_that_nobody_knows() -> Files:
    return _beginning(sealed(small.PPWP, "S9", (900, 9))[0])


@forgery("unknown-station", entry=FIRST_FORM, unit="V1")
def a_village_that_votes() -> Files:
    return _beginning(sealed(small.PPWP, "V1", (900, 9))[0])


@forgery("wrong-contest", entry=FIRST_FORM, unit="S1", says="votes for 99")
def votes_for_nobody() -> Files:
    return _beginning(sealed(small.PPWP, "S1", (9, 9), votes={"01": 9, "99": 9})[0])


@forgery("wrong-contest", entry=FIRST_FORM, unit="S1", says="was not opened")
def a_contest_that_is_none() -> Files:
    return _beginning(sealed(small.PPWP, "S1", (9, 9), contest="gone")[0])


@forgery("bad-entry", entry=FIRST_FORM, says="review.form")
def a_review_of_another_form() -> Files:
    entry = parse_canonical(sealed(small.PPWP, "S1", (9, 9))[0])
    other = parse_canonical(sealed(small.PPWP, "S1", (8, 9))[0])
    return _beginning(canonical_bytes({**entry, "review": other["review"]}))


@forgery("bad-entry", entry=FIRST_FORM, says="not JSON")
def an_entry_of_noise() -> Files:
    return _beginning(b"\xf0\x9f\x97\xb3 not JSON")


@forgery("bad-entry", entry=FIRST_FORM, says="too deep")
def an_entry_as_deep_as_a_well() -> Files:
    return _beginning(b'{"a":' * 10_000 + b"1" + b"}" * 10_000)


@forgery("bad-entry", entry=FIRST_FORM, says="type")
def an_entry_of_no_kind() -> Files:
    return _beginning(b'{"type":"realcount/gossip/v1"}')


@forgery("bad-key-event", entry=FIRST_FORM, says="a second time")
def a_key_registered_again_with_more_reach() -> Files:
    return _beginning(registration_entry(replace(OFFICIALS[0], regions=("N",)), small.DAWN))


@forgery("not-opened", FULL, 0)
def a_log_that_begins_with_a_key() -> Files:
    whole = entries()
    whole[0], whole[1] = whole[1], whole[0]
    return again(whole)


@forgery("second-opening", entry=FIRST_FORM)
def an_election_opened_twice() -> Files:
    return _beginning(entries()[0])


@forgery("bad-contest", entry=FIRST_FORM, says="opens e19/ppwp a second time")
def a_contest_opened_again_with_other_roots() -> Files:
    return _beginning(contest_entry(replace(small.contest(), roots=("P1",)), small.DAWN))


@forgery("bad-contest", FULL, 0, says="e19 was not opened")
def a_contest_before_the_opening() -> Files:
    whole = entries()
    whole[0], whole[1] = whole[1], whole[0]
    return again(whole)


@forgery("wrong-contest", FULL, 1, "S1", says="was not opened")
def a_form_before_its_contest() -> Files:
    whole = entries()
    whole[1], whole[FIRST_FORM] = whole[FIRST_FORM], whole[1]
    return again(whole)


@forgery("bad-entry", FULL, 1, says="contests: is not a member")
def a_contest_that_says_more() -> Files:
    return again(replaced(1, canonical_bytes({**parse_canonical(entries()[1]), "contests": []})))


@forgery("bad-snapshot", says="e19/ppwp was not opened")
def a_contest_left_out() -> Files:
    return again(replaced(1, registration_entry(official("somebody", SUBMITTER, ("P1",)), small.DAWN)))


def _beginning(*more: bytes, officials: Sequence[object] = OFFICIALS) -> Files:
    """A log of the opening, the contests, the officials, and these entries, which nobody checked when they were written."""
    writer = Writer()
    writer.open(officials)  # type: ignore[arg-type]  # of records
    writer.snapshots()
    start = FIRST_KEY + len(officials)
    return published(writer, [*writer.entries[:start], *more, *writer.entries[start:]])


# ---- sums ----------------------------------------------------------------------------------------------------------------


@forgery("node-differs", says="at byte")
def a_vote_in_a_node() -> Files:
    path = nodes("ppwp", "V1")
    return honest() | {path: honest()[path].replace(b'"valid":', b'"valid":1', 1)}


@forgery("missing", says="node of P1")
def a_node_withheld() -> Files:
    path = nodes("ppwp", "P1")
    return {name: data for name, data in honest().items() if name != path}


def _inflated(unit: str, more: int) -> tuple[Files, int]:
    """The sums of one region raised where its parent lists it, every node above hashed anew, and the snapshot with it."""
    index = snapshot_of("ppwp", "N")
    said = read_entry(entries()[index])
    assert isinstance(said, Snapshot)
    writer = small_log()
    forged: dict[str, bytes] = {}

    def rebuilt(node: Node) -> Node:
        branches = []
        for branch in node.branches:
            if branch.unit == unit:
                votes = (branch.sums.votes[0] + more, *branch.sums.votes[1:])
                branches.append(branch._replace(sums=branch.sums._replace(votes=votes)))
            elif branch.hash is not None and branch.hash.hex() in writer.nodes:
                below = rebuilt(read_node(writer.nodes[branch.hash.hex()]))
                branches.append(Branch(branch.unit, below.sums, below.hash()))
            else:
                branches.append(branch)
        new = node_of(node.contest, node.unit, branches, len(node.sums.votes))
        forged[f"sums/{new.hash().hex()}"] = new.to_bytes()
        return new

    root = rebuilt(read_node(writer.nodes[said.root.hex()]))
    entry = snapshot_entry(replace(said, sums=root.sums, root=root.hash()))
    return again(replaced(index, entry)) | forged, index


@forgery("node-differs", unit="V2", says="P1 lists")
def an_inflated_village_with_everything_above_hashed_and_signed() -> Files:
    return _inflated("V2", 500)[0]


@forgery("snapshot-differs", LAST, unit="N")
def an_inflated_province_with_everything_above_hashed_and_signed() -> Files:
    return _inflated("P2", 500)[0]


@forgery("node-differs", unit="S4", says="V2 lists")
def an_inflated_station_with_everything_above_hashed_and_signed() -> Files:
    return _inflated("S4", 1)[0]


def _snapshot(**changes: object) -> list[bytes]:
    index = snapshot_of("ppwp", "N")
    said = read_entry(entries()[index])
    assert isinstance(said, Snapshot)
    return replaced(index, snapshot_entry(replace(said, **changes)))  # type: ignore[arg-type]  # any member


@forgery("snapshot-differs", LAST, unit="N")
def a_snapshot_with_a_right_root_and_other_sums() -> Files:
    said = read_entry(entries()[snapshot_of("ppwp", "N")])
    assert isinstance(said, Snapshot)
    return again(_snapshot(sums=said.sums._replace(invalid=said.sums.invalid + 1)))


@forgery("bad-snapshot", LAST, says="when the snapshot before had")
def a_snapshot_that_goes_back() -> Files:
    return again(_snapshot(size=6))


@forgery("bad-snapshot", LAST, says="more than")
def a_snapshot_of_the_future() -> Files:
    return again(_snapshot(size=1000))


@forgery("bad-snapshot", LAST, says="no root")
def a_snapshot_of_no_root() -> Files:
    return again(_snapshot(unit="P1"))


@forgery("snapshot-differs", LAST, unit="N")
def an_older_total_given_again() -> Files:
    first = next(said for entry in entries() if isinstance(said := read_entry(entry), Snapshot))
    return again(_snapshot(sums=first.sums, root=first.root))


# ---- the tree of the election --------------------------------------------------------------------------------------------


def _moved() -> bytes:
    lines = honest()["units"].splitlines(keepends=True)
    moved = [line.replace(b'"V1"', b'"V2"') if b'"S3"' in line else line for line in lines]
    assert moved != lines
    return b"".join(moved)


@forgery("units-differ", "units", 0)
def a_station_moved_to_another_village() -> Files:
    return honest() | {"units": _moved()}


@forgery("snapshot-differs", unit="N")
def a_station_moved_with_the_opening_rewritten() -> Files:
    opening = opening_entry(small.election(), list_digest([_moved()]), small.DAWN)
    return again(replaced(0, opening)) | {"units": _moved()}


@forgery("missing", "units")
def the_tree_withheld() -> Files:
    return {path: data for path, data in honest().items() if path != "units"}


@forgery("bad-units", "units", says="gzip")
def a_tree_that_does_not_unpack() -> Files:
    return honest() | {"units": b"\x1f\x8b" + bytes(40)}


@forgery("bad-units", "units", says="line 1")
def a_tree_of_noise() -> Files:
    return honest() | {"units": b"noise\n"}


@forgery("bad-units", "units", unit="N", says="lies in itself")
def a_nation_inside_its_own_province() -> Files:
    return honest() | {
        "units": honest()["units"].replace(b'"id":"N","parents":[]', b'"id":"N","parents":[["region","P1"]]')
    }


@forgery("bad-units", "units", unit="N", says="two ways")
def a_village_in_two_provinces() -> Files:
    twice = honest()["units"].replace(b'[["region","P2"],', b'[["region","P1"],["region","P2"],')
    return honest() | {
        "units": twice.replace(b'[["dapil","D1"],["region","P2"]]', b'[["region","P1"],["region","P2"]]')
    }


@forgery("bad-units", "units", unit="S1", says="is a station")
def a_village_in_a_station() -> Files:
    return honest() | {"units": honest()["units"].replace(b'["region","P2"]', b'["region","S1"]')}


# ---- recalls ---------------------------------------------------------------------------------------------------------------

RECALL = FIRST_FORM + 5
"""Behind three forms (S1, S1 corrected, S6), the revocation of S1's approver, and that it is not trusted."""


def recall(station: str, version: int, entry: int, counted: int, counts: int | None, **changes: object) -> SealedRecall:
    why = APPROVER, "app-p1", small.NOON, "the key was stolen"
    said = SealedRecall(small.PPWP, station, version, entry, *why, counted, counts, small.DUSK)
    return replace(said, **changes)  # type: ignore[arg-type]  # any member of it


RECALLS = (
    recall("S1", 1, FIRST_FORM, FIRST_FORM + 1, FIRST_FORM + 1),
    recall("S1", 2, FIRST_FORM + 1, FIRST_FORM + 1, None),
)


def recalled(*recalls: SealedRecall, distrusted: bool = True) -> Files:
    """A log with these recalls, and a snapshot of what an honest one comes to."""
    writer = Writer()
    writer.open()
    for station, votes in (("S1", (1, 2)), ("S1", (3, 4)), ("S6", (5, 6))):
        writer.count(small.PPWP, station, votes)
    writer.append(revocation_entry(small.ELECTION, "app-p1", small.DUSK))
    if distrusted:
        writer.append(distrust_entry(small.ELECTION, "app-p1", small.DUSK, small.NOON, "the key was stolen"))
        honest_ones = [one.to_bytes() for one in RECALLS]
        writer.append(*honest_ones)
    before = len(writer.entries) - (len(RECALLS) if distrusted else 0)
    entries = [*writer.entries[:before], *(one.to_bytes() for one in recalls)]
    writer.snapshot(small.PPWP, "N")
    said = read_entry(writer.entries[-1])
    assert isinstance(said, Snapshot)
    return published(writer, [*entries, snapshot_entry(replace(said, size=len(entries)))])


@forgery("recall-missing", entry=RECALL + 1, unit="S1", says="entry 9")
def a_recall_left_out() -> Files:
    return recalled(RECALLS[0])


@forgery("recall-missing", entry=RECALL, unit="S1", says="entry 8")
def all_recalls_left_out() -> Files:
    return recalled()


@forgery("snapshot-differs", unit="N")
def a_total_that_counts_what_should_be_recalled() -> Files:
    writer = Writer()
    writer.open()
    writer.count(small.PPWP, "S1", (1, 2))
    writer.append(revocation_entry(small.ELECTION, "app-p1", small.DUSK))
    writer.snapshot(small.PPWP, "N")
    said = read_entry(writer.entries.pop())
    assert isinstance(said, Snapshot)
    distrust = distrust_entry(small.ELECTION, "app-p1", small.DUSK, small.NOON, "the key was stolen")
    writer.entries += [distrust, revocation_entry(small.ELECTION, "app-p2", small.DUSK)]
    return published(writer, [*writer.entries, snapshot_entry(replace(said, size=len(writer.entries)))])


@forgery("bad-recall", entry=RECALL - 1, unit="S1", says="not due")
def a_recall_of_a_key_that_is_only_revoked() -> Files:
    return recalled(*RECALLS, distrusted=False)


@forgery("bad-recall", entry=RECALL, unit="S6", says="not due")
def a_recall_of_a_form_that_another_key_approved() -> Files:
    return recalled(recall("S6", 1, FIRST_FORM + 2, FIRST_FORM + 2, None), *RECALLS)


@forgery("bad-recall", entry=RECALL, unit="S1", says="for another cause")
def a_recall_for_another_cause() -> Files:
    return recalled(replace(RECALLS[0], key="app-p2"), RECALLS[1])


@forgery("bad-recall", entry=RECALL + 1, unit="S1", says="it must be from 9 to None")
def a_recall_that_lets_something_else_count() -> Files:
    return recalled(RECALLS[0], replace(RECALLS[1], counts=FIRST_FORM))


@forgery("bad-recall", entry=RECALL + 2, unit="S1", says="not due")
def a_recall_twice() -> Files:
    return recalled(*RECALLS, RECALLS[1])


@forgery("wrong-signer", entry=RECALL + 2, unit="S1", says="was revoked")
def a_form_sealed_again_by_the_same_approval() -> Files:
    writer = Writer()
    writer.open()
    for station, votes in (("S1", (1, 2)), ("S1", (3, 4)), ("S6", (5, 6))):
        writer.count(small.PPWP, station, votes)
    second = writer.entries[FIRST_FORM + 1]
    writer.append(
        revocation_entry(small.ELECTION, "app-p1", small.DUSK),
        distrust_entry(small.ELECTION, "app-p1", small.DUSK, small.NOON, "the key was stolen"),
        *(one.to_bytes() for one in RECALLS),
    )
    return published(writer, [*writer.entries, second])


@forgery("bad-key-event", entry=FIRST_FORM, says="was not revoked")
def a_key_distrusted_that_is_not_revoked() -> Files:
    return _beginning(distrust_entry(small.ELECTION, "app-p1", small.DUSK, small.NOON, "the key was stolen"))
