"""The words of Situng, the system of 2019: the documents of /v1 as its static JSON files, for the programs that read those.

Members, their order, their types and their times (UTC, without a zone) are those of the files of 2019; what we do not know
is null, and nothing is added. Pure: a document of /v1 in, a document of Situng out.
"""
