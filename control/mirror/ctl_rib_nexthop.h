#ifndef CONTROL_MIRROR_CTL_RIB_NEXTHOP_H
#define CONTROL_MIRROR_CTL_RIB_NEXTHOP_H

/* What routes share beside their sets; only ctl_rib_tables.h includes this. */

#include "control/mirror/ctl_hash.h"
#include "control/mirror/ctl_nl_decode.h"

#include <sys/queue.h>

struct ctl_rib_set;

/* A nexthop object of the kernel; unknown ones are named by a route only. */
struct ctl_rib_nexthop {
	struct ctl_hash_node node;	  /* by id */
	LIST_ENTRY(ctl_rib_nexthop) list; /* singles or groups, when known */
	uint32_t id;
	bool known;
	uint8_t audit;
	unsigned gen;
	struct ctl_nl_nexthop *spec; /* when known */
	struct ctl_rib_set *set;
};
LIST_HEAD(ctl_rib_nexthop_list, ctl_rib_nexthop);

/* A source address that routes prefer; they go when the address goes. */
struct ctl_rib_source {
	struct ctl_hash_node node;	 /* by addr, unless detached */
	LIST_ENTRY(ctl_rib_source) list; /* when doomed */
	uint32_t number;
	bool detached; /* was doomed: routes of the local table are left */
	bool doomed;   /* the address is gone: so are its routes of the main table */
	struct ctl_addr addr;
	uint64_t n_routes;
};

#endif
