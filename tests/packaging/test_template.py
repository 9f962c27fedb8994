"""What template.yaml promises as a whole: the path in order, one door each, nobody with more rights than they use."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import decode

from realcount.aws.bulk_s3 import LET_GO
from realcount.aws.keys import log_mark, log_place, place
from realcount.domain.election import ContestKey
from realcount.edge.answers import EVERYWHERE
from realcount.edge.settings import PORTS_OF, VARIABLES_OF, variables_of
from realcount.local.template import read_stack

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template.yaml"
STORES = ROOT / "infra" / "storage.yaml"

FUNCTION = "AWS::Serverless::Function"

OFFICIALS = {"grant_upload", "track_upload", "review_form"}

PUBLIC_PAGES = [
    "/v1",
    "/v1/elections",
    "/v1/elections/{election}",
    "/v1/elections/{election}/log",
    "/v1/elections/{election}/{document+}",
    "/v1/elections/{election}/contests/{contest}",
    "/v1/elections/{election}/contests/{contest}/regions/{region}",
    "/v1/elections/{election}/contests/{contest}/stations/{station}",
]

PROOF = "/v1/elections/{election}/contests/{contest}/stations/{station}/proof"


def resources(template: Path) -> dict[str, Any]:
    found: dict[str, Any] = decode(str(template))[0]["Resources"]
    return found


FUNCTIONS = {
    Path(resource["Properties"]["CodeUri"]).name: resource["Properties"]
    for resource in resources(TEMPLATE).values()
    if resource["Type"] == FUNCTION
}


def test_functions_stand_in_the_order_a_form_travels_them() -> None:
    assert list(FUNCTIONS) == list(PORTS_OF)


def test_every_folder_is_a_function_and_every_function_bears_its_folders_name() -> None:
    folders = {path.name for path in (ROOT / "functions").iterdir() if path.name != "__pycache__"}
    assert folders == set(FUNCTIONS)
    for logical, resource in resources(TEMPLATE).items():
        if resource["Type"] == FUNCTION:
            folder = Path(resource["Properties"]["CodeUri"]).name
            assert logical == "".join(word.capitalize() for word in folder.split("_")) + "Function"
            assert resource["Properties"]["FunctionName"] == {"Fn::Sub": f"${{AWS::StackName}}-{folder}"}


def test_the_template_can_be_read_in_one_sitting() -> None:
    assert len(TEMPLATE.read_text().splitlines()) < 900


def test_no_two_functions_answer_at_one_door() -> None:
    doors = Counter((route.method, route.path) for route in read_stack(TEMPLATE).routes)
    assert [door for door, times in doors.items() if times > 1] == []


def test_the_doors_are_the_ones_of_the_interface() -> None:
    doors = {(route.method, route.path, route.function) for route in read_stack(TEMPLATE).routes}
    assert doors == {
        ("POST", "/v1/uploads", "grant_upload"),
        *((method, "/v1/uploads/{upload}", "track_upload") for method in ("GET", "HEAD")),
        *(("ANY", path, "read_results") for path in ("/v1", "/v1/{path+}")),
        ("POST", "/v1/reviews", "review_form"),
        *((method, PROOF, "read_proof") for method in ("GET", "HEAD")),
        ("ANY", "/v3/{path+}", "read_races"),
        *(("ANY", f"{path}/{{path+}}", "translate_results") for path in ("/static/json", "/pemilu", "/wilayah/pemilu")),
        *((method, path, "read_results") for path in PUBLIC_PAGES for method in ("GET", "HEAD")),
    }


def test_the_gateway_shows_scripts_the_headers_that_functions_mean_them_to_see() -> None:
    cors = read_stack(TEMPLATE).cors
    assert cors is not None
    assert cors.origins == ("*",)
    assert ", ".join(cors.expose).lower() == EVERYWHERE["Access-Control-Expose-Headers"].lower()


def test_everything_a_function_asks_the_environment_for_is_set() -> None:
    for name, function in read_stack(TEMPLATE).functions.items():
        assert set(variables_of(name)) <= set(function.environment)


# ---- rights -----------------------------------------------------------------------------------------------------------


def statements(function: str) -> list[tuple[set[str], str]]:
    """(actions, resource) of each statement of a function's own policies; the resource as the text that names it."""
    found = []
    for statement in FUNCTIONS[function]["Policies"][0]["Statement"]:
        actions = statement["Action"]
        found.append(({actions} if isinstance(actions, str) else set(actions), json.dumps(statement["Resource"])))
    return found


STORE_IN_POLICY = {
    "TABLE_ELECTIONS": "ElectionsTableArn",
    "TABLE_KEYS": "KeysTableArn",
    "TABLE_UPLOADS": "UploadsTableArn",
    "TABLE_FORMS": "FormsTableArn",
    "TABLE_TALLY": "TallyTableArn",
    "TABLE_PAGES": "PagesTableArn",
    "BUCKET_UPLOADS": "-uploads-",
    "BUCKET_EVIDENCE": "EvidenceBucketArn",
    "BUCKET_PUBLISHED": "PublishedBucketArn",
    "LOG_KEY": "LogKeyArn",
    "RECEIPT_KEY": "ReceiptKeyArn",
    "PARAMETER_WITNESSES": "WitnessesParameter",
    "PARAMETER_INTAKE": "IntakeParameter",
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_use_the_stores_behind_its_ports_and_no_others(function: str) -> None:
    allowed = {
        variable
        for variable, mark in STORE_IN_POLICY.items()
        if any(mark in resource for _, resource in statements(function))
    }
    # The ledger checks keys in the transaction of a review; who only reads, receives or seals forms needs none for it.
    needed = {
        variable
        for port in PORTS_OF[function]
        for variable in VARIABLES_OF[port]
        if variable in STORE_IN_POLICY
        and not (port == "forms" and variable == "TABLE_KEYS" and function != "review_form")
    }
    assert allowed == needed


def test_the_public_can_do_nothing_but_look_up_a_page() -> None:
    assert statements("read_results") == [
        ({"dynamodb:GetItem"}, '{"Fn::GetAtt": ["Storage", "Outputs.PagesTableArn"]}')
    ]


def test_nobody_deletes_and_nobody_registers_keys() -> None:
    actions = set().union(*(actions for name in FUNCTIONS for actions, _ in statements(name)))
    assert actions <= {
        *("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:ConditionCheckItem"),
        *("dynamodb:Scan", "dynamodb:PutItem", "dynamodb:UpdateItem", "s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        "s3:PutObjectTagging",
        *("ssm:GetParameter", "kms:GetPublicKey", "kms:Sign"),
    }
    for name in FUNCTIONS:
        for granted, resource in statements(name):
            if "KeysTableArn" in resource or "ElectionsTableArn" in resource:
                assert "dynamodb:PutItem" not in granted


def test_the_log_is_written_and_signed_by_those_who_seal_and_each_is_alone() -> None:
    assert FUNCTIONS["seal_forms"]["ReservedConcurrentExecutions"] == 1
    assert FUNCTIONS["seal_totals"]["ReservedConcurrentExecutions"] == 1
    signers = {
        name
        for name in FUNCTIONS
        for actions, where in statements(name)
        if "kms:Sign" in actions and "LogKeyArn" in where
    }
    writers = {
        name
        for name in FUNCTIONS
        for actions, where in statements(name)
        if "s3:PutObject" in actions and ('/log/*"' in where or "/staged/*" in where)
    }
    assert signers == writers == {"seal_forms", "seal_totals"}


def test_receipts_are_signed_by_a_key_that_signs_nothing_else_and_by_who_receives_forms_alone() -> None:
    signing = {(name, where) for name in FUNCTIONS for actions, where in statements(name) if "kms:Sign" in actions}
    assert [name for name, where in signing if "ReceiptKeyArn" in where] == ["receive_form"]
    assert not [name for name, where in signing if "ReceiptKeyArn" in where and "LogKeyArn" in where]


def test_who_shows_the_log_to_witnesses_can_change_its_last_word_and_no_entry_of_it() -> None:
    assert FUNCTIONS["ask_witnesses"]["ReservedConcurrentExecutions"] == 1
    written = [
        where for actions, where in statements("ask_witnesses") if "s3:PutObject" in actions and "/log/" in where
    ]
    assert [set(re.findall(r"/log/[^\"]+", where)) for where in written] == [
        {"/log/*/checkpoint", "/log/*/witnessed", "/log/*/witnesses"}
    ]


def test_the_sweep_can_remind_and_change_nothing_else_of_the_ledger() -> None:
    (only,) = [
        statement
        for statement in FUNCTIONS["sweep_tally"]["Policies"][0]["Statement"]
        if "FormsTableArn" in json.dumps(statement["Resource"]) and statement["Action"] == "dynamodb:UpdateItem"
    ]
    assert only["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "sk", "reminded_at"]}}
    for actions, resource in statements("sweep_tally"):
        assert "FormsTableArn" not in resource or "dynamodb:PutItem" not in actions


def test_totals_touch_nothing_of_a_station() -> None:
    (only,) = [
        statement
        for statement in FUNCTIONS["seal_totals"]["Policies"][0]["Statement"]
        if "FormsTableArn" in json.dumps(statement["Resource"])
    ]
    assert only["Condition"] == {"ForAllValues:StringNotLike": {"dynamodb:LeadingKeys": ["*#*"]}}
    assert "#" in place(ContestKey("e19", "ppwp"), "S1")
    assert "#" not in log_place("e19")[0] + log_mark("e19", ("snapshot",))[0]


def test_who_lists_corrections_can_write_pages_and_nothing_of_log_or_ledger() -> None:
    for name in ("record_history", "list_corrections", "list_flagged"):
        assert FUNCTIONS[name]["ReservedConcurrentExecutions"] == 1
        for actions, resource in statements(name):
            if actions & {"dynamodb:PutItem", "s3:PutObject"}:
                assert "PagesTableArn" in resource or "/v1/*" in resource, name


def test_the_recount_writes_nothing_anywhere() -> None:
    actions = set().union(*(granted for granted, _ in statements("recount")))
    reads = {*("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"), "s3:GetObject"}
    assert actions <= reads | {"s3:ListBucket", "kms:GetPublicKey"}
    assert FUNCTIONS["recount"]["ReservedConcurrentExecutions"] == 1


@pytest.mark.parametrize("function", ["export_bulk", "export_nist"])
def test_who_writes_files_for_everybody_writes_nothing_else_and_lets_go_of_nothing_else(function: str) -> None:
    assert FUNCTIONS[function]["ReservedConcurrentExecutions"] == 1
    changed = {
        (action, found)
        for actions, where in statements(function)
        for action in actions & {"s3:PutObject", "s3:PutObjectTagging"}
        for found in re.findall(r"}(/[^\"]+)", where)
    }
    assert changed == {
        *(("s3:PutObject", "/bulk/*"), ("s3:PutObjectTagging", "/bulk/*")),
        ("s3:PutObject", f"/v1/elections/*/{function.removeprefix('export_')}"),
    }
    (rule,) = resources(STORES)["PublishedBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert (rule["Prefix"], rule["TagFilters"]) == ("bulk/", [LET_GO])


def test_readers_and_officials_share_no_concurrency() -> None:
    assert all("ReservedConcurrentExecutions" in properties for properties in FUNCTIONS.values())


def test_readers_carry_no_package_of_the_write_side() -> None:
    without = {name for name, properties in FUNCTIONS.items() if "Layers" not in properties}
    assert without == {
        "track_upload",
        "seal_forms",
        "seal_totals",
        "count_form",
        "roll_up",
        "read_results",
        "read_proof",
        "read_races",
    }


# ---- triggers ---------------------------------------------------------------------------------------------------------


def test_streams_are_drained_from_their_beginning_in_batches_and_a_poisoned_record_is_cut_out() -> None:
    subscriptions = read_stack(TEMPLATE).subscriptions
    assert [(one.function, one.table.removeprefix("realcount-"), one.batch_size) for one in subscriptions] == [
        ("seal_forms", "FormsTable", 1000),
        ("count_form", "FormsTable", 2000),
        ("roll_up", "TallyTable", 2000),
        ("publish_results", "TallyTable", 1000),
    ]
    # Rows of one region are waited for, as they become one sum. Nothing else waits: what comes while a batch is in work is
    # the next one, of the log or of pages, and to be counted forms have nothing to share.
    assert [one.window for one in subscriptions] == [0, 0, 1, 0]
    for one in subscriptions:
        assert (one.start, one.retries, one.max_age) == ("TRIM_HORIZON", 10, 3600)
        assert one.bisect
        assert one.partial_failures
        assert one.failures is not None


@pytest.mark.parametrize("function", ["seal_forms", "count_form"])
def test_only_heads_of_forms_start_sealing_and_counting(function: str) -> None:
    (pattern,) = next(one.patterns for one in read_stack(TEMPLATE).subscriptions if one.function == function)
    assert pattern == {"dynamodb": {"Keys": {"sk": {"S": ["HEAD"]}}}}


def test_a_stream_has_two_readers_and_bears_no_third() -> None:
    readers = Counter(one.table for one in read_stack(TEMPLATE).subscriptions)
    assert set(readers.values()) == {2}


def test_uploads_start_receiving_and_the_sweep_runs_every_minute() -> None:
    stack = read_stack(TEMPLATE)
    (landed,), schedules = stack.notifications, stack.schedules
    assert (landed.function, landed.prefix, landed.events) == ("receive_form", "uploads/", ("s3:ObjectCreated:*",))
    assert landed.bucket == stack.functions["receive_form"].environment["BUCKET_UPLOADS"]
    assert [(one.function, one.seconds) for one in schedules] == [
        *(("seal_forms", 300), ("seal_totals", 300), ("ask_witnesses", 60)),
        *(("record_history", 300), ("list_corrections", 60), ("list_flagged", 300)),
        ("sweep_tally", 60),
        ("export_bulk", 900),
        ("export_nist", 3600),
        ("recount", 300),
    ]


# ---- what it stands on ------------------------------------------------------------------------------------------------


def test_no_store_is_deleted_with_its_stack() -> None:
    for template in (STORES, TEMPLATE):
        for name, resource in resources(template).items():
            if resource["Type"] in ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key"):
                assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain"), name


def test_what_cannot_be_rebuilt_is_backed_up_and_triggers_carry_keys_only() -> None:
    tables = {n: r["Properties"] for n, r in resources(STORES).items() if r["Type"] == "AWS::DynamoDB::Table"}
    backed_up = {name for name, table in tables.items() if "PointInTimeRecoverySpecification" in table}
    assert backed_up == {"ElectionsTable", "KeysTable", "FormsTable", "UploadsTable"}
    streams = {
        name: t["StreamSpecification"]["StreamViewType"] for name, t in tables.items() if "StreamSpecification" in t
    }
    assert streams == {"FormsTable": "KEYS_ONLY", "TallyTable": "KEYS_ONLY"}
    assert all(table["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"} for table in tables.values())


def test_no_bucket_is_public() -> None:
    for template in (STORES, TEMPLATE):
        for name, resource in resources(template).items():
            if resource["Type"] == "AWS::S3::Bucket":
                assert all(resource["Properties"]["PublicAccessBlockConfiguration"].values()), name


# ---- limits -----------------------------------------------------------------------------------------------------------

JAKARTA = (2500, 1250)
"""Requests per second, and at once, of an account in a region of low quota, over all its APIs."""


def parameter(name: str) -> int:
    return int(decode(str(TEMPLATE))[0]["Parameters"][name]["Default"])


def test_readers_and_officials_share_no_throttle_and_all_of_them_fit_into_an_account() -> None:
    limits = {route: route.throttle for route in read_stack(TEMPLATE).routes}
    assert sum(limit.rate for limit in limits.values() if limit) <= JAKARTA[0]
    assert sum(limit.burst for limit in limits.values() if limit) <= JAKARTA[1]
    assert None not in limits.values()
    raised = {
        route.path for route in read_stack(TEMPLATE, {"OfficialRate": "999"}).routes if route.throttle.rate == 999
    }  # type: ignore[union-attr]
    assert raised == {route.path for route in limits if route.function in OFFICIALS}


def test_a_setting_for_a_route_names_a_route_there_is() -> None:
    settings = resources(TEMPLATE)["Api"]["Properties"]["RouteSettings"]
    assert set(settings) <= {route.key for route in read_stack(TEMPLATE).routes}


def test_readers_meet_their_reservation_before_the_throttle_so_that_copies_can_answer() -> None:
    """Lambda serves ten requests a second for each environment; past that the answer is 503, which the edge replaces."""
    assert 10 * parameter("ReadConcurrency") <= parameter("PublicRate")


def test_an_account_at_first_has_room_for_every_reservation() -> None:
    def reserved(name: str) -> int:
        value = FUNCTIONS[name]["ReservedConcurrentExecutions"]
        return value if isinstance(value, int) else parameter(value["Ref"])

    assert sum(reserved(name) for name in FUNCTIONS) <= 1000 - 100


@pytest.mark.parametrize(("start", "snapshot", "ready"), [("snapstart", 1, 0), ("provisioned", 0, 1), ("plain", 0, 0)])
def test_readers_start_from_a_snapshot_or_stand_ready_and_never_both(start: str, snapshot: int, ready: int) -> None:
    conditions = {
        name: value for name, value in decode(str(TEMPLATE))[0]["Conditions"].items() if name != "HasPublicUrl"
    }
    holds = {name: value["Fn::Equals"][1] == start for name, value in conditions.items()}
    assert all(value["Fn::Equals"][0] == {"Ref": "ReadStart"} for value in conditions.values())

    def given(member: str) -> bool:
        condition, _, otherwise = FUNCTIONS["read_results"][member]["Fn::If"]
        assert otherwise == {"Ref": "AWS::NoValue"}
        return holds[condition]

    assert (given("SnapStart"), given("ProvisionedConcurrencyConfig")) == (bool(snapshot), bool(ready))
    assert holds[resources(TEMPLATE)["ReadResultsReadiness"]["Condition"]] == bool(ready)
