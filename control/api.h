#ifndef CONTROL_API_H
#define CONTROL_API_H

/**
 * @file
 * The API of sluiced: what a client needs to know, and all it may include.
 *
 * A client connects to a unix stream socket and writes one request per line; it reads one reply
 * per line, in the order of its requests. A line is one JSON object (RFC 8259, UTF-8) followed by
 * a newline. A client may send several requests over one connection, also before it has read the
 * replies: they are handled one after the other.
 *
 * Request:
 *   {"version":1,"method":"show","object":"routes","router":"tenant-a","offset":0,"limit":1000}
 *     version  protocol version, CTL_API_VERSION; may be left out
 *     method   "show", "version", "audit" or "reload"
 *     object   of "show": "routers", "ports", "routes", "neighbours", "counters", "latency",
 *              "conformance", "classes", "rules", "cores" or "sla"
 *     router   of "show": only this router; all routers without it
 *     offset   of "show": rows to skip, default 0
 *     key      of "show" of "routes": where to begin, the "next_key" of an earlier reply; instead
 *              of offset, for which every route before it is walked
 *     limit    of "show": rows to return, 1 to CTL_API_ROWS_MAX, which is the default
 *
 * {"method":"audit","router":"tenant-a","begin":true} begins a comparison of the kernel's tables
 * with the data path and answers at once, with the key "wait_for". Without "begin" the same reply
 * tells what the last complete audit found; an audit that was begun is complete when "audits" has
 * reached its "wait_for":
 *   {"router":"tenant-a","running":false,"audits":8,"failed":0,"duration_ns":41000000,
 *    "routes":12,"neighbours":3,"nexthops":0,"not_listed":0,"differences":[
 *    {"kind":"route","object":"10.0.0.0/8 table 254 metric 20 tos 0","difference":"only in the
 *    kernel"}]}
 * "not_listed" counts differences beyond those that fit.
 *
 * {"method":"reload","begin":true} has the daemon read its configuration file again. An error means
 * that it was refused and nothing has changed. Otherwise it has begun, and "running" is true until it
 * is complete; without "begin" the same reply tells how far the last one is:
 *   {"reloads":2,"running":false,"succeeded":true,"routers":[
 *    {"router":"tenant-a","result":"changed in place","what":"police of port wan0"}]}
 * "result" is "added", "removed", "changed in place" (it forwarded all the time) or "restarted"; or it
 * could not be created, and "what" says why: "not added", "put back" (it runs as before) or "lost".
 * "succeeded" is true when there is none of those. Routers that are not listed were not touched.
 *
 * Reply, one of:
 *   {"version":1,"result":{"routes":[...],"next":1000}}
 *     An array of rows named after the object, and "next", the offset of the next row, while there
 *     are more; of routes also "next_key", with "key" instead of "next". Method "version" returns {"daemon":"0.1.0","api":1,"pid":123}.
 *   {"version":1,"error":"router \"x\" does not exist; the routers are tenant-a, tenant-b"}
 *     One sentence: what, where, what would be right.
 *
 * Units stand at the end of a name: _bps (bit/s), _pps, _bytes, _pkts, _ns. Rows never lose keys
 * within a protocol version; new keys may come. A value that does not apply is null.
 *
 * The daemon closes a connection that sends a line longer than CTL_API_LINE_MAX (after an error
 * reply), that neither reads nor writes for CTL_API_IDLE_S seconds, or that comes when
 * CTL_API_CLIENTS_MAX others are connected (after an error reply).
 */

#define CTL_API_VERSION 1
#define CTL_API_SOCKET "/run/sluice/sluice.sock" /**< default path */
#define CTL_API_LINE_MAX 65536			 /**< bytes of a request without its newline */
#define CTL_API_ROWS_MAX 4096			 /**< rows of one reply */
#define CTL_API_CLIENTS_MAX 256			 /**< connections at a time */
#define CTL_API_IDLE_S 60			 /**< seconds until a silent connection is closed */

#endif
