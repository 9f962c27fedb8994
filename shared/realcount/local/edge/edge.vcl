# The edge on one machine, as far as it is the same for all rules; vcl.py writes the subroutines rules_* after it.
#
# A page that is stale, but not for long, is handed out while the next is fetched. Past that the reader waits for the fetch,
# as everybody else who wants the page: their request looks a second time (X-Edge-Past). If all origins fail, the fetch
# asks the edge itself for what it has left (X-Edge-Itself, over the socket "itself"), and that is the page again, at its true
# age, for as long as an error is believed.

sub vcl_recv {
    if (local.socket == "itself") {
        set req.grace = 1y;
        set req.hash_ignore_busy = true; # what is busy is the fetch that asks
        return (hash);
    }
    if (req.restarts == 0) {
        unset req.http.X-Edge-Itself;
        unset req.http.X-Edge-Past;
        unset req.http.X-Edge-Result;
        call rules_methods;
        call gate;
        call one_spelling;
    }
    if (req.http.X-Edge-Past) {
        set req.grace = 0s;
    }
    return (hash);
}

# The CloudFront Function of infra/edge.yaml; tests/edge/test_gate.py holds the two against each other.
sub gate {
    set req.http.X-Edge-Uri = regsub(req.url, "\?.*$", "");
    if (req.method == "OPTIONS") {
        return (synth(204, "No Content"));
    }
    set req.http.X-Edge-Query = regsub(req.url, "^[^?]*[?]?", "");
    set req.url = req.http.X-Edge-Uri;
    if (req.url ~ "^.{513}") {
        return (synth(414, "URI Too Long"));
    }
    if (req.url ~ "%") {
        # What is no escape, or of something else than a printable character, can be no page.
        if (req.url ~ "%(?!([2-6][0-9A-Fa-f]|7[0-9A-Ea-e]))") {
            return (synth(404, "Not Found"));
        }
        set req.url = blob.transcode(decoding=URL, encoding=IDENTITY, encoded=req.url);
    }
    if (req.url == "/") {
        set req.http.X-Edge-Location = "/v1";
        return (synth(302, "Found"));
    }
    if (req.url == "/check" || req.url == "/docs") {
        set req.http.X-Edge-Location = req.url + "/";
        return (synth(302, "Found"));
    }
    if (req.url == "/check/" || req.url == "/docs/") {
        set req.url = req.url + "index.html";
    }
    call rules_paths;
    unset req.http.X-Edge-Asked;
    call rules_query;
    unset req.http.X-Edge-Query;
    unset req.http.X-Edge-Asked;
    unset req.http.If-Modified-Since;
    if (req.url ~ "^/(v1|static/json/|pemilu/|wilayah/)") {
        unset req.http.Range;
    }
}

# Of all that a reader sends, only the path, what it asks by parameters, the tag they hold and what they can unpack mean anything.
sub one_spelling {
    unset req.http.Cookie;
    unset req.http.Authorization;
    unset req.http.Cache-Control;
    unset req.http.Pragma;
    unset req.http.Accept-Language;
    unset req.http.Origin;
    unset req.http.Referer;
    set req.http.X-Edge-Takes = "";
    if (req.http.Accept-Encoding ~ "(?i)(^|[,\s])br\s*($|,|;\s*q\s*=\s*(1|0?\.0*[1-9]))") {
        set req.http.X-Edge-Takes = ",br";
    }
    if (req.http.Accept-Encoding ~ "(?i)(^|[,\s])gzip\s*($|,|;\s*q\s*=\s*(1|0?\.0*[1-9]))") {
        set req.http.X-Edge-Takes = req.http.X-Edge-Takes + ",gzip";
    }
    set req.http.Accept-Encoding = regsub(req.http.X-Edge-Takes, "^,", "");
    unset req.http.X-Edge-Takes;
    if (req.http.Accept-Encoding == "") {
        unset req.http.Accept-Encoding;
    }
}

sub vcl_hash {
    hash_data(req.url);
    hash_data(req.http.Accept-Encoding);
    return (lookup);
}

sub vcl_hit {
    if (obj.ttl > 0s || local.socket == "itself") {
        set req.http.X-Edge-Result = "Hit";
    } elsif (obj.age > std.duration(obj.http.X-Edge-Unasked, 0s)) {
        set req.http.X-Edge-Past = "1";
        return (restart);
    } else {
        set req.http.X-Edge-Result = "RefreshHit";
    }
    return (deliver);
}

sub vcl_miss {
    if (local.socket == "itself") {
        return (synth(503, "Nothing left"));
    }
    set req.http.X-Edge-Result = "Miss";
    return (fetch);
}

sub vcl_backend_fetch {
    unset bereq.http.X-Edge-Past;
    unset bereq.http.X-Edge-Result;
    unset bereq.http.X-Edge-Uri;
    unset bereq.http.Accept;
    unset bereq.http.If-Modified-Since;
    unset bereq.http.Host;
    set bereq.http.User-Agent = "realcount edge";
    if (bereq.http.X-Edge-Itself == "answers") {
        # Varnish would fetch behind what it hands out stale, here too; but these origins have just failed.
        std.log("skipped:1");
        return (abandon);
    }
    if (bereq.http.X-Edge-Itself) {
        set bereq.http.X-Edge-Itself = "answers";
        unset bereq.http.If-None-Match;
        set bereq.backend = edge_itself;
        std.log("skipped:1");
        return (fetch);
    }
    call rules_origin;
    return (fetch);
}

sub vcl_backend_response {
    if (bereq.http.X-Edge-Itself) {
        if (beresp.status >= 500) {
            return (error(503, "Origins failed"));
        }
        set beresp.http.X-Edge-Kept = "1";
        set beresp.grace = std.duration(beresp.http.X-Edge-Last, 0s) - beresp.age;
        call rules_kept;
        unset beresp.http.Age;
        return (deliver);
    }
    unset beresp.http.Set-Cookie;
    call rules_failover;
    if (beresp.status >= 500) {
        set bereq.http.X-Edge-Itself = "asks";
        return (retry);
    }
    if (beresp.status >= 400) {
        call refusal;
    } elsif (beresp.http.Cache-Control ~ "(?i)no-store|no-cache|private") {
        call not_kept;
    } else {
        call rules_lifetime;
    }
    # How old it may be handed out while the next is fetched, and how old where there is no next one.
    set beresp.grace = 0s;
    set beresp.http.X-Edge-Unasked = beresp.ttl;
    if (beresp.http.Cache-Control ~ "(?i)stale-while-revalidate=[0-9]+") {
        set beresp.grace = std.duration(
            regsub(beresp.http.Cache-Control, "(?i).*stale-while-revalidate=([0-9]+).*", "\1s"), 0s);
        set beresp.http.X-Edge-Unasked = beresp.ttl + beresp.grace;
    }
    if (beresp.http.Cache-Control ~ "(?i)stale-if-error=[0-9]+" &&
        std.duration(regsub(beresp.http.Cache-Control, "(?i).*stale-if-error=([0-9]+).*", "\1s"), 0s) > beresp.grace) {
        set beresp.grace = std.duration(
            regsub(beresp.http.Cache-Control, "(?i).*stale-if-error=([0-9]+).*", "\1s"), 0s);
    }
    call rules_longest;
    set beresp.http.X-Edge-Last = beresp.ttl + beresp.grace;
    set beresp.http.X-Edge-Unasked = beresp.http.X-Edge-Unasked + "s";
    set beresp.http.X-Edge-Last = beresp.http.X-Edge-Last + "s";
    set beresp.keep = 1h; # no longer to be handed out, but to ask for the next by its tag
    unset beresp.http.X-Edge-Kept;
    unset beresp.http.X-Edge-Refreshed;
    if (beresp.was_304) {
        set beresp.http.X-Edge-Refreshed = "1";
    }
    return (deliver);
}

# Which 4xx are kept is CloudFront's choice: some always, some if they say for how long, 429 and the rest never.
sub refusal {
    if (beresp.status == 404 || beresp.status == 405 || beresp.status == 410 || beresp.status == 414) {
        if (beresp.status != 405 && beresp.http.Cache-Control ~ "(?i)no-store|no-cache|private") {
            call not_kept;
        }
    } elsif (beresp.status == 400 || beresp.status == 403 || beresp.status == 412 || beresp.status == 415) {
        if (beresp.http.Cache-Control !~ "(?i)(max-age|s-maxage)=") {
            call not_kept;
        }
    } else {
        call not_kept;
    }
    if (beresp.http.Cache-Control !~ "(?i)(max-age|s-maxage)=" && !beresp.http.Expires) {
        set beresp.ttl = 0s;
    }
    call rules_errors;
}

# Passed on to whoever asked. For a second nobody waits for somebody else's answer, as there is none to share.
sub not_kept {
    if (bereq.is_bgfetch) {
        return (abandon); # the reader has been answered, and the page we have is better than this
    }
    set beresp.uncacheable = true;
    set beresp.ttl = 1s;
    return (deliver);
}

sub vcl_backend_error {
    if (!bereq.http.X-Edge-Itself) {
        call rules_next_origin;
        set bereq.http.X-Edge-Itself = "asks";
        return (retry);
    }
    set beresp.http.X-Edge-Failed = "1";
    set beresp.ttl = 0s;
    call rules_kept;
    set beresp.grace = 0s;
    set beresp.keep = 0s;
    set beresp.body = "";
    return (deliver);
}

sub vcl_deliver {
    if (resp.http.X-Edge-Failed) {
        return (synth(503, "Origins failed"));
    }
    unset resp.http.X-Varnish;
    unset resp.http.Via;
    if (local.socket == "itself") {
        unset resp.http.X-Edge-Refreshed;
        return (deliver);
    }
    if (resp.http.X-Edge-Kept) {
        set req.http.X-Edge-Result = "StaleHit";
    } elsif (resp.http.X-Edge-Refreshed && req.http.X-Edge-Result == "Miss") {
        set req.http.X-Edge-Result = "RefreshHit";
    }
    unset resp.http.X-Edge-Kept;
    unset resp.http.X-Edge-Refreshed;
    unset resp.http.X-Edge-Unasked;
    unset resp.http.X-Edge-Last;
    set resp.http.X-Cache = req.http.X-Edge-Result + " from edge";
    call rules_headers;
    return (deliver);
}

sub vcl_synth {
    unset resp.http.Server;
    unset resp.http.X-Varnish;
    # An address may hold quotes and worse; in JSON it is to be text.
    set req.http.X-Edge-Uri = regsuball(req.http.X-Edge-Uri, "[^\x20-\x7e]", "?");
    set req.http.X-Edge-Uri = regsuball(req.http.X-Edge-Uri, {"(["\\])"}, "\\\1");
    if (resp.status == 204 || resp.status == 302 || resp.status == 404 || resp.status == 414) {
        call gate_answer;
        return (deliver);
    }
    set resp.http.X-Cache = "Error from edge";
    set resp.http.Access-Control-Allow-Origin = "*";
    set resp.http.Cache-Control = "no-store";
    if (resp.status >= 500) {
        set resp.http.Content-Type = "application/problem+json";
        set resp.http.Retry-After = "1";
        set resp.body = """{"type":"/problems/unavailable","title":"Please try again","status":""" + resp.status +
            {","detail":"neither the API nor the last good copy of this page can be reached","instance":""} +
            req.http.X-Edge-Uri + """"}""";
    } else {
        set resp.http.Content-Type = "text/plain";
        set resp.body = resp.reason + {"
"};
    }
    return (deliver);
}

sub gate_answer {
    set resp.http.X-Cache = "FunctionGeneratedResponse from edge";
    set resp.http.Access-Control-Allow-Origin = "*";
    set resp.http.Access-Control-Expose-Headers = "etag, last-modified, location, retry-after, age, x-cache";
    set resp.http.Strict-Transport-Security = "max-age=63072000";
    set resp.http.X-Content-Type-Options = "nosniff";
    set resp.http.Cache-Control = "public, max-age=60, s-maxage=60";
    set resp.body = "";
    if (resp.status == 204) {
        set resp.http.Allow = "GET, HEAD, OPTIONS";
        set resp.http.Access-Control-Allow-Methods = "GET, HEAD, OPTIONS";
        set resp.http.Access-Control-Allow-Headers = "content-type, if-none-match";
        set resp.http.Access-Control-Max-Age = "86400";
    } elsif (resp.status == 302) {
        set resp.http.Location = req.http.X-Edge-Location;
    } elsif (resp.status == 414) {
        set resp.http.Cache-Control = "public, max-age=5, s-maxage=5";
        set resp.http.Content-Type = "application/problem+json";
        set resp.body = """{"type":"/problems/uri-too-long","title":"The address is too long","status":414,"detail":"a path has at most 512 bytes","instance":""}""";
    } else {
        set resp.http.Cache-Control = "public, max-age=5, s-maxage=5";
        set resp.http.Content-Type = "application/problem+json";
        set resp.body = """{"type":"/problems/not-found","title":"There is nothing here","status":404,""" +
            {""detail":"there is no page at "} + req.http.X-Edge-Uri +
            {"","instance":""} + req.http.X-Edge-Uri + """"}""";
    }
}
