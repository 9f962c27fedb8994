"""The ports in memory, for tests, simulation and bulk replay. They keep their contract's invariants themselves.

One suite (tests/contract) runs against these and against the real engines. Each store is safe under threads, counts its
`writes`, and reports changed rows to an optional callback, which stands for the table's stream.
"""

from realcount.local.memory.bulk import MemoryBulk
from realcount.local.memory.copies import MemoryCopies
from realcount.local.memory.editions import MemoryEditions
from realcount.local.memory.elections import MemoryElections
from realcount.local.memory.forms import MemoryForms
from realcount.local.memory.keys import MemoryKeys
from realcount.local.memory.log import KeptKey, KeptKeys, KeptLogKeys, MemoryLog, MemoryLogs, MemoryRoll
from realcount.local.memory.pages import MemoryPages
from realcount.local.memory.tallies import MemoryTallies
from realcount.local.memory.uploads import MemoryEvidence, MemoryIntake, MemoryUploadBucket, MemoryUploads

__all__ = [
    "KeptKey",
    "KeptKeys",
    "KeptLogKeys",
    "MemoryBulk",
    "MemoryCopies",
    "MemoryEditions",
    "MemoryElections",
    "MemoryEvidence",
    "MemoryForms",
    "MemoryIntake",
    "MemoryKeys",
    "MemoryLog",
    "MemoryLogs",
    "MemoryPages",
    "MemoryRoll",
    "MemoryTallies",
    "MemoryUploadBucket",
    "MemoryUploads",
]
