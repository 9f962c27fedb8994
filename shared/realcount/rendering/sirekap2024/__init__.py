"""The words of Sirekap, the system of 2024: the documents of /v1 as its JSON files, for the programs that read those.

Members, their order, their types and their times (Western Indonesian time, without a zone) are those of the files of 2024;
what we do not know is null, and nothing is added: some readers refuse members they do not know. Pure: a document of /v1
in, a document of Sirekap out.
"""
