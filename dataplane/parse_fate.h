#ifndef DATAPLANE_PARSE_FATE_H
#define DATAPLANE_PARSE_FATE_H

/**
 * @file
 * What becomes of a packet whose headers say that it may not simply be forwarded. Private to
 * stage_parse.c and parse_ipv6.c. Worker.
 */

#include "dataplane/dp_stats.h"

struct fate {
	enum { FATE_FORWARD, FATE_PUNT, FATE_DROP, FATE_LOCAL_ONLY } kind;
	enum dp_punt punt_class;
	enum dp_drop reason;
};

static inline struct fate fate_forward(void)
{
	return (struct fate){ .kind = FATE_FORWARD };
}

/** A unicast packet in a broadcast frame: nobody may forward it (RFC 1812 5.3.4). */
static inline struct fate fate_local_only(void)
{
	return (struct fate){ .kind = FATE_LOCAL_ONLY };
}

static inline struct fate fate_drop(enum dp_drop reason)
{
	return (struct fate){ .kind = FATE_DROP, .reason = reason };
}

static inline struct fate fate_punt(enum dp_punt punt_class)
{
	return (struct fate){ .kind = FATE_PUNT, .punt_class = punt_class };
}

#endif
