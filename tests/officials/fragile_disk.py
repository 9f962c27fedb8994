"""A file system in memory that can lose power, and a process on it that can be killed, at any step.

What was not synced may be there afterwards, in part, or not at all: contents one by one, and names one by one. That is more
than any real file system loses; what survives it survives those.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random


class Killed(BaseException):
    """The process ends here. Nobody catches it."""


@dataclass
class File:
    content: bytes = b""
    kept: bytes | None = None
    """What is on the disk for certain; None: nothing."""


@dataclass
class Folder:
    names: dict[str, File | Folder] = field(default_factory=dict)
    kept: dict[str, File | Folder] = field(default_factory=dict)


class FragileDisk:
    """`dies_at` is the number of the step at which the process is killed, in the middle of it; None: never."""

    def __init__(self, root: Path) -> None:
        self.root, self.top = root, Folder()
        self.steps = 0
        self.dies_at: int | None = None
        self.random = Random(0)

    def power_cut(self) -> None:
        """Whatever was not synced may be lost."""
        self._cut(self.top)

    def _cut(self, folder: Folder) -> None:
        for name in sorted(folder.names.keys() | folder.kept.keys()):
            if folder.names.get(name) is not folder.kept.get(name) and self.random.random() < 0.5:
                was = folder.kept.get(name)
                folder.names.pop(name, None)
                if was is not None:
                    folder.names[name] = was
        folder.kept = dict(folder.names)
        for node in folder.names.values():
            if isinstance(node, Folder):
                self._cut(node)
            elif node.content != node.kept:
                part = node.content[: self.random.randrange(len(node.content) + 1)]
                node.content = self.random.choice([node.kept or b"", part, node.content])
                node.kept = node.content

    def make_folder(self, path: Path) -> None:
        self._step()
        self._folder(path.parent).names.setdefault(path.name, Folder())

    def write(self, path: Path, content: bytes) -> None:
        file = self._folder(path.parent).names.setdefault(path.name, File())
        assert isinstance(file, File)
        file.content = content[: len(content) // 2]
        self._step()
        file.content = content

    def sync(self, path: Path) -> None:
        self._step()
        node = self._node(path)
        if isinstance(node, File):
            node.kept = node.content
        else:
            node.kept = dict(node.names)

    def rename(self, was: Path, now: Path) -> None:
        self._step()
        node = self._node(was)
        target = self._folder(now.parent).names
        assert not isinstance(node, Folder) or now.name not in target, "a folder replaces nothing"
        del self._folder(was.parent).names[was.name]
        target[now.name] = node

    def names(self, folder: Path) -> list[str]:
        return sorted(self._folder(folder).names)

    def read(self, path: Path) -> bytes | None:
        node = self._folder(path.parent).names.get(path.name)
        return node.content if isinstance(node, File) else None

    def remove(self, path: Path) -> None:
        self._step()
        self._folder(path.parent).names.pop(path.name, None)

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self.dies_at:
            raise Killed

    def _node(self, path: Path) -> File | Folder:
        return self.top if path == self.root else self._folder(path.parent).names[path.name]

    def _folder(self, path: Path) -> Folder:
        node = self._node(path)
        assert isinstance(node, Folder)
        return node
