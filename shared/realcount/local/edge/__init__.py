"""The edge of one machine: a real cache (Varnish) that goes by the rules of infra/edge.yaml.

    distribution   reads the rules out of the template     rules   what they are, as plain values
    vcl            writes them for Varnish                 varnish runs it, and says what it asked its origins
    copies_origin  the last good copies, signed for        programs where Varnish is, and that it ends with us

What Varnish does differently from CloudFront is listed in docs/operations.md, "The edge on one machine".
"""
