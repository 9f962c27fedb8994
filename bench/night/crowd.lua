-- A public without manners for wrk: everybody asks again as soon as they are answered. Which pages, and in what coding,
-- comes from the file named after `--`: lines of a running share and a path, then of a running share and a coding.
local requests, path_shares, coding_shares = {}, {}, {}

function init(args)
   math.randomseed(tonumber(args[2]))
   local paths, codings = {}, {}
   for line in io.lines(args[1]) do
      local kind, share, value = line:match("^(%S+) (%S+) (.+)$")
      if kind == "path" then
         path_shares[#path_shares + 1] = tonumber(share)
         paths[#paths + 1] = value
      else
         coding_shares[#coding_shares + 1] = tonumber(share)
         codings[#codings + 1] = value
      end
   end
   for p, path in ipairs(paths) do
      requests[p] = {}
      for c, coding in ipairs(codings) do
         requests[p][c] = wrk.format("GET", path, {["Host"] = "edge", ["Accept-Encoding"] = coding})
      end
   end
end

local function drawn(shares)
   local chance, low, high = math.random(), 1, #shares
   while low < high do
      local middle = math.floor((low + high) / 2)
      if shares[middle] < chance then low = middle + 1 else high = middle end
   end
   return low
end

function request()
   return requests[drawn(path_shares)][drawn(coding_shares)]
end

function done(summary, latency, requests)
   io.write(string.format(
      '\n{"requests": %d, "seconds": %f, "bytes": %d, "failed": %d, "p50": %f, "p99": %f}\n',
      summary.requests, summary.duration / 1e6, summary.bytes,
      summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout,
      latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
