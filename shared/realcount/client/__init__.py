"""A small synchronous client of the public API, for programs that read and never write. Polite: it asks by ETag, waits as it
is told to, and never keeps more than a few connections.

    from realcount.client.client import Client

    with Client("https://count.example") as client:
        print(client.results().document["votes"])
        for results in client.watch():
            print(results.edition, results.document["votes"])

It stands on urllib3 and the domain, and on nothing of the system behind the API; `deltas` on the standard library alone.
"""
