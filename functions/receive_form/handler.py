"""S3 event: a file of an upload has arrived. Checks and records the form once all of its files are there."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount import wiring
from realcount.aws.keys import upload_of
from realcount.domain.errors import NotFound
from realcount.edge.objects import uploads_in
from realcount.edge.telemetry import Metric, Telemetry
from realcount.usecases.receive_form import receive_form

telemetry = Telemetry("receive_form")
wiring.prepare("receive_form")

OUTCOMES = {"accepted": Metric.FORMS_RECEIVED, "rejected": Metric.FORMS_REJECTED}


@telemetry.handler
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    """A store that does not answer fails the event: Lambda brings it again, and what is done by then is done once."""
    on = wiring.adapters("receive_form")
    for upload_id in uploads_in(event, upload_of):
        now = on.clock()
        try:
            upload = receive_form(
                upload_id,
                now,
                elections=on.elections,
                keys=on.keys,
                verifier=on.verifier,
                uploads=on.uploads,
                bucket=on.bucket,
                inspector=on.inspector,
                evidence=on.evidence,
                forms=on.forms,
                receipts=on.receipts,
            )
        except NotFound as error:
            # Nobody was granted this. Trying again cannot help, and nothing of it may hold up anybody else.
            telemetry.logger.warning("dropped: %s", error)
            telemetry.count(Metric.UPLOADS_UNKNOWN)
            continue
        telemetry.logger.info("upload %s of station %s is %s", upload.id, upload.station, upload.state)
        if upload.settled_at == now:  # Settled by this very call and not by an earlier event.
            telemetry.count(OUTCOMES[upload.state])
