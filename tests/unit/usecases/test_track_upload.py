"""What an official is told about an upload."""

from __future__ import annotations

import pytest

from realcount.domain.errors import NotFound
from realcount.usecases.track_upload import track_upload
from tests.unit.usecases.office import Office


def test_an_upload_is_told_as_it_stands() -> None:
    office = Office()
    upload = office.submit()
    assert track_upload(upload.id, uploads=office.uploads) == upload
    assert upload.state == "accepted"


def test_an_unknown_upload_is_not_found() -> None:
    with pytest.raises(NotFound, match="no upload 'nothing'"):
        track_upload("nothing", uploads=Office().uploads)
