"""What a reader's program needs: plain functions over the documents of `/v1`, with the standard library alone."""
