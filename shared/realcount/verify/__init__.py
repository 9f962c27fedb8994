"""The outside checker: an election's public log, read again from nothing but its files and the log's public key.

A library of its own. It shares the domain's types with the system it checks and nothing else, least of all the roll-up:
no store, no use case, no cloud. It believes no file, and it never stops at the first thing it finds.

    findings    what does not hold, as values
    sources     where the files come from: a folder, a URL (url_source), and what is kept of them
    state       what a check remembers for the next one
    checkpoint  is this the log's word, and does it go on from the word it gave before?
    rehash      every file of the tree against every other
    units       the tree of the election: who lies where, whom a key reaches
    reading     entries and signatures, several processes at once
    count       the fold, entry by entry, and every snapshot on the way
    sums        the sum tree as it grows; nodes, the same as published
    audit       all of this in order
    pages       the public API's numbers against the fold
    proof       one station's proof, checked offline; prove makes it, words say it in two languages
"""
