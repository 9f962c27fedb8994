"""The ports on cryptography and image decoding: whether a signature holds, and whether a scan is an image."""
