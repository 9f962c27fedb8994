"""The simplifications that look harmless, each with the invariants that notice it (tests/simulation/watch.py).

The first eight are those of docs/decisions/0002 and its forerunners; the others are conditions and orders of steps that
the code comments call necessary. Tests that they are caught: test_mutants.py.
"""

from __future__ import annotations

from collections.abc import Mapping

from realcount.aws import copies_s3, editions_s3
from realcount.domain import ledger
from realcount.domain.election import ContestKey
from realcount.domain.tally import Tally
from realcount.local.memory import MemoryElections, MemoryTallies, forms, log, pages, tallies
from realcount.rendering import deltas
from realcount.usecases import (
    append_log,
    count_form,
    publish_results,
    receive_form,
    review_form,
    roll_up,
    seal_forms,
    seal_marks,
    store_page,
    sweep_tally,
)
from tests.faults.mutation import Edit, Mutant
from tests.simulation.lines import Line, LineToTallies
from tests.simulation.weather import draw_slow_queries
from tests.simulation.world import Parts


class EventuallyConsistent(LineToTallies):
    """Queries without ConsistentRead: half of them are answered by a replica that has not heard the latest."""

    def __init__(self, line: Line, inner: MemoryTallies, elections: MemoryElections) -> None:
        super().__init__(line, inner, elections)
        self._replica: dict[tuple[ContestKey, str], Mapping[str, Tally]] = {}

    def children(self, contest: ContestKey, parent: str) -> Mapping[str, Tally]:
        rows = super().children(contest, parent)
        lags = self.line.scheduler.running is not None and self.line.scheduler.rng.random() < 0.5
        answer = self._replica.get((contest, parent), rows) if lags else rows
        self._replica[contest, parent] = rows
        return answer


_REPLACE = "tallies.replace(contest.key, parent, region.id, now, own.sv)"
_OWN = "        own = tallies.row(contest.key, parent, region.id) or zero(options)\n"
_COMMENT = (
    "        # Own row before the children: what we add up below is then at least as new as what we would replace.\n"
)
_SUM = "        now = total(tallies.children(contest.key, region.id).values(), options)\n"
_ASSERTED = 'assert tally.sv > was, "a row was replaced by one that is not newer"'
_HELD = "if (known.sv if known else 0) != was:"
_LOST_RACE = "continue  # Someone else wrote"
_ADVANCE = """    moved = [tallies.advance(contest_key, parent, station_id, tally) for parent in contest.parents_of(station)]
    return any(moved)
"""
_COUNTERS = """
    from realcount.domain.errors import Conflict
    from realcount.domain.tally import Tally, zero
    nothing = zero(len(contest.options))
    def plus(was, more, sign):
        return Tally(was.sv + sign * more.sv, tuple(a + sign * b for a, b in zip(was.votes, more.votes)),
                     was.valid + sign * more.valid, was.invalid + sign * more.invalid, was.voters + sign * more.voters,
                     was.received + sign * more.received, was.approved + sign * more.approved,
                     was.flagged + sign * more.flagged, was.incomplete + sign * more.incomplete, max(was.at, more.at))
    def climb(parent, more):
        unit = elections.region(contest_key.election, parent)
        for above in contest.parents_of(unit):
            while True:
                was = tallies.row(contest_key, above, parent) or nothing
                try:
                    tallies.replace(contest_key, above, parent, plus(was, more, 1), was.sv)
                    break
                except Conflict:
                    pass
            if above != "-":
                climb(above, more)
    wrote = False
    for parent in contest.parents_of(station):
        was = tallies.row(contest_key, parent, station_id) or nothing
        if tallies.advance(contest_key, parent, station_id, tally):
            wrote = True
            climb(parent, plus(tally, was, -1))
    return wrote
"""
_KEEP = """        for file in upload.files:
            if file.name != FORM_FILE:
                evidence.keep(file.content, contents[file.name])
"""
_RECORD = "        recorded = _record(version, forms)\n"
_HEAD = "    head = forms.head(contest_key, unit)\n"
_SHOWN = "history, forms.seals(contest_key, unit, head), recalls)"
_COUNTED = "forms.version(contest_key, station_id, head.counted) if head.counted else None"
_PUBLISH = "    _publish(after, files, log, signer)\n"
_MARK = "    seals.mark(subjects, before.size)\n"
_REST = "    return log.advance(head, LogHead(head.seq + 1, after, None))\n"
_COPY = "        copies.keep(page)\n"
_PAGE = "        return Outcome(pages.put(page))\n"
_COPY_OR_NOT = """        from realcount.domain.errors import Unavailable
        try:
            copies.keep(page)
        except Unavailable:
            pass
"""
_EDITION = "    editions.keep(page)\n"
_STORED = "    stored = pages.put(page)\n"
_BEHIND = "    return Outcome(stored, sum(bool(pages.put(one)) for one in beside))\n"

MUTANTS = (
    # -- the roll-up -------------------------------------------------------------------------------------------------
    Mutant(
        "blind-put",
        "the region's row is written without a condition",
        ("I4", "I5", "I6"),
        (Edit(tallies, _HELD, "if False:"), Edit(tallies, _ASSERTED, "pass")),
    ),
    Mutant(
        "skip-on-conflict",
        "a lost race is left to the winner, who may have read older children",
        ("I6",),
        (Edit(roll_up, _LOST_RACE, "return False  # Someone else wrote"),),
        Parts(weather=draw_slow_queries),
    ),
    Mutant(
        "greater-without-lock",
        "the row is written if its version is higher, whatever it was",
        ("I4", "I5", "ID"),
        (Edit(roll_up, _REPLACE, "tallies.advance(contest.key, parent, region.id, now)"),),
        Parts(weather=draw_slow_queries),
    ),
    Mutant(
        "eventual-reads",
        "children are read without ConsistentRead",
        ("I4", "I5", "I6", "I7", "AssertionError"),
        parts=Parts(tallies=EventuallyConsistent),
    ),
    Mutant(
        "own-row-last",
        "the own row is read after the children",
        ("I4", "I5", "AssertionError"),
        (Edit(roll_up, _OWN + _COMMENT, ""), Edit(roll_up, _SUM, _SUM + _OWN)),
    ),
    Mutant(
        "counters",
        "every change is added to all regions above as a difference",
        ("ID", "I4", "I6", "AssertionError"),
        (
            Edit(count_form, _ADVANCE, _COUNTERS),
            Edit(roll_up, "    options = len(contest.options)\n", "    return False\n    options = 0\n"),
        ),
    ),
    Mutant(
        "write-unchanged",
        "the row is written even if nothing changed, so every trigger writes every level above",
        ("I5", "ID"),
        (Edit(roll_up, "if now.sv == own.sv:", "if False:"), Edit(tallies, _ASSERTED, "pass")),
    ),
    Mutant(
        "failure-swallowed",
        "a region that failed is reported as done",
        ("I6",),
        (Edit(roll_up, "outcome.failed[place] = done", "pass"),),
    ),
    Mutant(
        "one-parent",
        "a village's row is kept under its first parent only",
        ("I6",),
        (Edit(roll_up, "for parent in contest.parents_of(region)]", "for parent in contest.parents_of(region)[:1]]"),),
    ),
    # -- what counts -------------------------------------------------------------------------------------------------
    Mutant(
        "advance-without-condition",
        "a station's row is written even if it is newer than what is written",
        ("I5",),
        (Edit(tallies, "if known is not None and known.sv >= tally.sv:", "if False:"),),
    ),
    Mutant(
        "count-before-approval",
        "the latest version counts, approved or not",
        ("I2", "I3"),
        (Edit(count_form, _COUNTED, "latest"),),
    ),
    Mutant(
        "count-before-seal",
        "the last approved version counts, sealed or not",
        ("I3",),
        (Edit(count_form, _COUNTED, _COUNTED.replace("counted", "approved")),),
    ),
    Mutant(
        "stations-one-parent",
        "a station's row is kept under its first parent only",
        ("I6",),
        (
            Edit(
                count_form,
                "for parent in contest.parents_of(station)]",
                "for parent in contest.parents_of(station)[:1]]",
            ),
        ),
    ),
    # -- the ledger --------------------------------------------------------------------------------------------------
    Mutant(
        "approve-without-key-check",
        "a review is recorded without the condition on both keys",
        ("I2",),
        (Edit(forms, "if key is None or key.revoked_at is not None:", "if key is None:"),),
    ),
    Mutant(
        "approve-without-head",
        "a review is recorded without the condition on the head",
        ("I1",),
        (Edit(forms, "if self._heads.get(at) != was or this in reviews:", "if this in reviews:"),),
    ),
    Mutant(
        "receive-without-head",
        "a version is recorded without the condition on the head",
        ("I1",),
        (
            Edit(
                forms,
                "if self._heads.get(at) != was or len(versions) != form.version - 1:",
                "if len(versions) != form.version - 1:",
            ),
        ),
    ),
    Mutant(
        "two-keys-one-person",
        "submitter and approver need different keys, but may be one person",
        ("I2",),
        (Edit(review_form, "submitter is None or submitter.holder == approver.holder", "submitter is None"),),
    ),
    Mutant(
        "lost-race-is-success",
        "a review that lost its race is acknowledged",
        ("P1",),
        (Edit(review_form, "continue  # Decided or", "return review  # Decided or"),),
    ),
    Mutant(
        "replay-is-refused",
        "a form that is recorded already is refused, also when it is the very same",
        ("P1",),
        (Edit(receive_form, "if existing is not None and existing.form.hash == form.hash:", "if False:"),),
    ),
    Mutant(
        "ledger-before-evidence",
        "the form is recorded before its scans are kept",
        ("EV",),
        (Edit(receive_form, _KEEP + _RECORD, _RECORD + _KEEP),),
    ),
    Mutant(
        "slow-clock",
        "the time of a station is that of whoever wrote last",
        ("I5", "I7", "I6"),
        (Edit(ledger, "at=max(at, self.at))", "at=at)"),),
    ),
    # -- the log (its writer's steps alone, with every schedule: tests/simulation/test_sealing.py) -----------------------
    Mutant(
        "mark-before-publish",
        "a form counts before the checkpoint that covers it is out",
        ("I3",),
        (Edit(append_log, _PUBLISH + _MARK, _MARK + _PUBLISH),),
    ),
    Mutant(
        "rest-before-marks",
        "the log's head is at rest before its forms are marked",
        ("I3", "I8"),
        (Edit(append_log, _MARK + _REST, _REST.replace("return", "rest =") + _MARK + "    return rest\n"),),
    ),
    Mutant(
        "log-head-without-lock",
        "the log's head is replaced whatever it is",
        ("I8", "I3"),
        (Edit(log, "if self._head != was:", "if False:"),),
    ),
    Mutant(
        "seal-without-head",
        "a form's seal is recorded without the condition on the station's head",
        ("I1", "I3"),
        (
            Edit(
                forms,
                "if self._heads.get(at) != seal.was or this in [one[:2] for one in known]:",
                "if this in [one[:2] for one in known]:",
            ),
        ),
    ),
    Mutant(
        "lost-seal-is-success",
        "a form whose station moved while it was marked is taken for marked",
        ("I8", "I3"),
        (Edit(seal_marks, "if (s[2], int(s[3])) in lost]", "if False]"),),
    ),
    Mutant(
        "form-before-its-keys",
        "a form is laid down before the keys that signed it",
        ("I8",),
        (
            Edit(
                seal_forms,
                "entries += [*before, Pending(entry, form_subject(form.contest, form.station, form.version, turn))]",
                "entries += [Pending(entry, form_subject(form.contest, form.station, form.version, turn)), *before]",
            ),
        ),
    ),
    Mutant(
        "sweep-reminds-nobody",
        "the sweep leaves alone what was approved and never sealed",
        ("I3",),
        (Edit(sweep_tally, "if head.approved > head.counted and head.at < overdue:", "if False:"),),
    ),
    # -- the pages ---------------------------------------------------------------------------------------------------
    Mutant(
        "page-without-edition",
        "a page is stored whatever is stored already",
        ("I7",),
        (Edit(pages, "if not page.supersedes(was):", "if False:"),),
    ),
    Mutant(
        "one-look",
        "a region's page is made of one query, whose rows need not have stood together",
        ("I5", "I7"),
        (Edit(publish_results, "if again == rows:", "if True:"),),
        Parts(weather=draw_slow_queries),
    ),
    Mutant(
        "history-before-head",
        "a station's versions are read before its head",
        ("I6", "I7", "KeyError", "AttributeError"),
        (
            Edit(publish_results, _HEAD, "    before = forms.history(contest_key, unit)\n" + _HEAD),
            Edit(publish_results, _SHOWN, _SHOWN.replace("history", "before", 1)),
        ),
    ),
    Mutant(
        "seals-before-head",
        "where a station's versions stand in the log is read before its head",
        ("I6", "I7"),
        (
            Edit(publish_results, _HEAD, "    seals = forms.seals(contest_key, unit)\n" + _HEAD),
            Edit(publish_results, _SHOWN, "history, seals, recalls)"),
        ),
    ),
    # -- the copies --------------------------------------------------------------------------------------------------
    Mutant(
        "page-before-copy",
        "the page is stored before its copy is kept",
        ("CO",),
        (
            Edit(
                store_page,
                _COPY + _PAGE,
                "        stored = pages.put(page)\n" + _COPY + "        return Outcome(stored)\n",
            ),
        ),
    ),
    Mutant(
        "copy-without-condition",
        "a copy is written whatever has been written since it was looked at",
        ("CO",),
        (
            Edit(
                copies_s3,
                'if self._put(page, {"IfMatch": kept.tag} if kept else {"IfNoneMatch": "*"}):',
                "if self._put(page, {}):",
            ),
        ),
    ),
    Mutant(
        "copy-lost-race-is-success",
        "a lost race for a copy is left to the winner, who may have had an older page",
        ("CO",),
        (Edit(copies_s3, "            self._pause(attempt)\n", "            return\n"),),
    ),
    Mutant(
        "copy-failure-swallowed",
        "a copy that could not be kept does not keep the page from being stored",
        ("CO",),
        (Edit(store_page, _COPY + _PAGE, _COPY_OR_NOT + _PAGE),),
    ),
    # -- the editions, and what stands beside a page -----------------------------------------------------------------
    Mutant(
        "edition-not-kept",
        "an upper region's page is served, and what it was is kept nowhere",
        ("ED",),
        (Edit(store_page, _EDITION, ""),),
    ),
    Mutant(
        "edition-after-page",
        "the edition is kept once its page is stored",
        ("ED",),
        (Edit(store_page, _EDITION, ""), Edit(store_page, _STORED, _STORED + _EDITION)),
    ),
    Mutant(
        "edition-replaced",
        "an edition is kept whatever is kept there already",
        ("ED",),
        (Edit(editions_s3, '                    IfNoneMatch="*",\n', ""),),
    ),
    Mutant(
        "changes-against-what-is-there",
        "changes are told against the page that is there, though later than the one they were told to before",
        ("DE",),
        (Edit(store_page, "if was is not None and was.edition == edition:", "if was is not None:"),),
    ),
    Mutant(
        "changes-forget",
        "changes name what moved since the last ones, and forget what those told",
        ("DE",),
        (Edit(deltas, "moved = told.carried | {", "moved = {"),),
    ),
    Mutant(
        "window-moves-alone",
        "the window moves up, and the page is held against the last one instead of the one it begins with",
        ("DE",),
        (Edit(deltas, "return Window(following, None, following,", 'return Window(following, None, was["to"],'),),
    ),
    Mutant(
        "changes-before-page",
        "what stands beside a page is stored before it",
        ("DE",),
        (
            Edit(store_page, _STORED, ""),
            Edit(
                store_page,
                _BEHIND,
                "    done = sum(bool(pages.put(one)) for one in beside)\n    return Outcome(pages.put(page), done)\n",
            ),
        ),
    ),
    Mutant(
        "beside-with-the-page-alone",
        "what stands beside a page is stored only by whoever stored the page, and who dies between leaves it behind",
        ("I6",),
        (Edit(store_page, _STORED, _STORED + "    if not stored:\n        return Outcome(stored)\n"),),
    ),
    # -- the sweep ---------------------------------------------------------------------------------------------------
    Mutant(
        "sweep-trusts-rows",
        "the sweep counts only stations that have no row at all",
        ("I6",),
        (Edit(sweep_tally, "if (row is None or row.sv < head.seq) and", "if row is None and"),),
    ),
    Mutant(
        "sweep-trusts-pages",
        "the sweep does not look whether a station's page is behind",
        ("I6",),
        (Edit(sweep_tally, "if shown.get(station_path(contest, station)) != (head.seq, RENDERING):", "if False:"),),
    ),
    Mutant(
        "sweep-top-down",
        "the sweep begins with the nation",
        ("I6",),
        (
            Edit(
                sweep_tally,
                '    if region.holds == "regions":\n',
                '    yield region\n    if region.holds == "regions":\n',
            ),
            Edit(sweep_tally, "below, elections)\n    yield region\n", "below, elections)\n"),
        ),
    ),
)
