"""Reports of NIST SP 1500-100 version 2 (DOI 10.6028/NIST.SP.1500-100r2), in JSON and in XML.

One report is one value: the object of the JSON form, whose members and classes have the names of the specification. The XML
is the same value in the order of the schema's sequences.
"""
