"""The shape of AP's Elections API, version 3, as far as newsrooms' clients read it: our documents in their words.

Nothing of it is stored: each answer is made from pages of /v1, so its numbers are those of one edition of /v1.
"""
