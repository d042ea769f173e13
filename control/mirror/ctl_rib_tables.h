#ifndef CONTROL_MIRROR_CTL_RIB_TABLES_H
#define CONTROL_MIRROR_CTL_RIB_TABLES_H

/*
 * The rib from inside; only ctl_rib*.c include this.
 *
 *   route -> set -> paths -> neighbour        each set and each neighbour owns one nexthop index
 *     |       ^                               of the data plane; a route's FIB entry names the
 *   prefix    nexthop object (owns a set)     index of its set, so that a neighbour, a link or a
 *                                             nexthop object changes without touching routes
 *
 * Who does what on a change:
 *   neighbour or link changes -> neighbour's index rewritten -> sets over it published again
 *   set chosen for a prefix changes -> FIB entry rewritten -> host entries below looked at again
 *
 * A host entry is a /32 or /128 that no route names: a neighbour on a connected prefix, reached through its
 * own index instead of the prefix's GLEAN.
 *
 * What concerns all routes of a set is decided at once and carried out piece by piece by
 * ctl_rib_work(). A set whose routes are all to go is doomed: it means UNREACHABLE from then on, so
 * that packets go to the kernel, and its routes count as gone for everything but memory.
 */

#include "control/mirror/ctl_diff.h"
#include "control/mirror/ctl_hash.h"
#include "control/mirror/ctl_pool.h"
#include "control/mirror/ctl_rib.h"
#include "control/mirror/ctl_rib_family.h"
#include "control/mirror/ctl_rib_link.h"
#include "control/mirror/ctl_rib_nexthop.h"
#include "control/mirror/ctl_rib_rule.h"
#include "control/mirror/ctl_rib_table.h"
#include "control/mirror/ctl_trie.h"

#include <sys/queue.h>

#define CTL_RIB_NO_PORT (-1)

struct ctl_rib_path;
LIST_HEAD(ctl_rib_path_list, ctl_rib_path);

/*
 * A neighbour that the kernel told of (known), or that a path leads to, or both. With family
 * AF_UNSPEC it stands for the link itself: every destination there is a neighbour of its own.
 */
struct ctl_rib_neigh {
	struct ctl_hash_node node; /* by ifindex and addr */
	TAILQ_ENTRY(ctl_rib_neigh) request;
	struct ctl_rib_path_list users;
	struct ctl_rib_neigh *next_host; /* same address on another link */
	int ifindex;
	struct ctl_addr addr;
	bool known;
	bool in_hosts;
	bool queued;
	bool managed;	     /* by our request */
	bool kernel_managed; /* as the kernel told last */
	bool has_mac;
	uint8_t mac[6];
	uint16_t state;
	uint8_t ntf_flags; /* those that a request must repeat */
	uint8_t audit;
	unsigned gen;
	unsigned refresh_s; /* until the next CTL_RIB_REFRESH */
	uint32_t dp_index;
	enum dp_nh_kind written_kind; /* what dp_index means */
	uint16_t written_port;
	uint8_t written_mac[6];
};

/* One way out of a set. */
struct ctl_rib_path {
	LIST_ENTRY(ctl_rib_path) by_neigh;
	struct ctl_rib_set *set;
	struct ctl_rib_neigh *neigh; /* NULL in sets that are not unicast */
	int ifindex;
	uint16_t weight;
	bool dead; /* unusable until the link comes up or gets an address (RTNH_F_DEAD) */
};

enum ctl_rib_kind {
	CTL_RIB_UNICAST,
	CTL_RIB_LOCAL,
	CTL_RIB_BLACKHOLE,
	CTL_RIB_UNREACHABLE,
	CTL_RIB_THROW, /* on with the next rule */
};

/* What is left to do for the routes of a set. */
enum ctl_rib_set_work {
	CTL_RIB_NO_WORK,
	CTL_RIB_REFRESH_ROUTES, /* which of them decide their prefix may have changed */
	CTL_RIB_DELETE_ROUTES,	/* the set is doomed */
};

/* The paths that routes share: equal ones of routes without object, or those of one object. */
struct ctl_rib_set {
	struct ctl_hash_node node; /* by content, when nexthop is NULL */
	LIST_ENTRY(ctl_rib_set) all;
	TAILQ_ENTRY(ctl_rib_set) work_list; /* when there is work */
	uint32_t number;		    /* in the pool of sets */
	bool hashed; /* not when an equal one is already; the next synchronisation merges them */
	struct ctl_rib_nexthop *nexthop;
	uint8_t family; /* of its routes; of an IPv6 object they may be IPv4, too */
	enum ctl_rib_kind kind;
	bool unsupported; /* only the kernel can forward it */
	bool host_scope;  /* survives the link's going down, as local addresses do */
	bool skipped;	  /* lookups pass over its routes: no path has a carrier, see netconf */
	bool punted;	  /* no path leads out of a port: the kernel forwards */
	enum ctl_rib_set_work work;
	uint32_t refresh_at; /* route to refresh next, 0: none */
	unsigned pins;	     /* not freed while it is worked on */
	uint32_t dp_index;
	uint64_t n_routes;
	uint32_t routes; /* the first one, 0 without */
	unsigned n_paths;
	struct ctl_rib_path *paths;
};
TAILQ_HEAD(ctl_rib_set_queue, ctl_rib_set);

/* What a set is looked up by. */
struct ctl_rib_set_key {
	uint8_t family;
	enum ctl_rib_kind kind;
	bool unsupported;
	bool host_scope;
	unsigned n_paths;
	struct ctl_rib_path_key {
		int ifindex;
		uint16_t weight;
		bool dead;
		struct ctl_addr gateway;
	} paths[CTL_NL_PATHS_MAX];
};

struct ctl_rib {
	struct ctl_rib_params params;
	char port_names[DP_ROUTER_PORTS_MAX][DP_PORT_NAME_MAX];
	bool port_dead[DP_ROUTER_PORTS_MAX]; /* its device has no carrier */
	unsigned gen;
	uint8_t audit; /* reading of the kernel that runs, or was the last; it wraps */
	bool suspect;
	bool all_ignore_linkdown; /* sysctl of all links; IPv6 has none that counts */
	uint32_t all_rp_filter;	  /* the same */
	uint32_t punt_index;	  /* nexthop of prefixes that only the kernel can decide */
	struct ctl_hash links;
	struct ctl_hash addrs;
	struct dp_own_filter own; /* the IPv4 ones, as the data path knows them */
	struct ctl_hash neighs;
	struct ctl_hash sets;
	struct ctl_hash nexthops;
	struct ctl_hash sources;
	LIST_HEAD(, ctl_rib_set) all_sets; /* also those of objects */
	struct ctl_rib_nexthop_list singles;
	struct ctl_rib_nexthop_list groups;
	struct ctl_pool set_pool;
	struct ctl_pool source_pool;
	struct ctl_rib_family *families; /* IPv4, IPv6 */
	struct ctl_hash table_ids;
	struct ctl_rib_table *tables[CTL_RIB_TABLES_MAX];
	struct ctl_rib_rules rules[2]; /* IPv4, IPv6 */
	bool rules_known;	       /* a synchronisation has read them */
	enum ctl_rib_merge {
		CTL_RIB_MERGE_UNKNOWN,
		CTL_RIB_MERGED,
		CTL_RIB_SPLIT,
	} merge; /* whether the kernel looks local and main of IPv4 up as one table */
	uint32_t blackhole_index; /* nexthop of rules */
	struct ctl_rib_table *local;
	struct ctl_rib_table *main;
	struct ctl_rib_set_queue work; /* sets with work */
	LIST_HEAD(, ctl_rib_source) doomed_sources;
	uint32_t told;	   /* route that a dump told last, 0: none that is still there */
	uint32_t purge_at; /* last route looked at for a doomed source */
	uint32_t sweep_at; /* last route looked at by the sweep that runs */
	bool sweeping;
	TAILQ_HEAD(, ctl_rib_neigh) requests;
	uint64_t n_routes;
	uint64_t n_neighs;
	uint64_t n_nexthops;
	uint64_t swept;
	uint64_t purges;
	uint64_t fib_errors;
	struct ctl_diffs diffs;
};

/* ctl_rib_netconf.c */
void ctl_rib_netconf_tell(const struct ctl_rib *rib, const struct ctl_rib_link *link);

/* ctl_rib_link.c */
struct ctl_rib_link *ctl_rib_link_find(const struct ctl_rib *rib, int ifindex);
bool ctl_rib_link_is_alive(const struct ctl_rib_link *link); /* false for NULL */
bool ctl_rib_link_is_up(const struct ctl_rib_link *link);    /* false for NULL */
/* Alive, and where it is a port, its device has a carrier, too: the kernel hears of that later. */
bool ctl_rib_link_is_usable(const struct ctl_rib *rib, const struct ctl_rib_link *link);
/* Routes over it do not count while it has no carrier, and it has none; both false for NULL. */
bool ctl_rib_link_ignores_linkdown(const struct ctl_rib *rib, const struct ctl_rib_link *link,
				   uint8_t family);
bool ctl_rib_link_is_ignored(const struct ctl_rib *rib, const struct ctl_rib_link *link,
			     uint8_t family);
void ctl_rib_link_sweep(struct ctl_rib *rib);
void ctl_rib_link_clear(struct ctl_rib *rib);

/* ctl_rib_addr.c */
struct ctl_rib_addr *ctl_rib_addr_find(const struct ctl_rib *rib,
				       const struct ctl_rib_addr_key *key);
bool ctl_rib_addr_is_local(const struct ctl_rib *rib, const struct ctl_addr *local);
void ctl_rib_addr_sweep(struct ctl_rib *rib);
void ctl_rib_addr_clear(struct ctl_rib *rib);

/* ctl_rib_neigh.c; get returns NULL without memory */
struct ctl_rib_neigh *ctl_rib_neigh_find(const struct ctl_rib *rib, int ifindex,
					 const struct ctl_addr *addr);
struct ctl_rib_neigh *ctl_rib_neigh_get(struct ctl_rib *rib, int ifindex,
					const struct ctl_addr *addr);
void ctl_rib_neigh_put(struct ctl_rib *rib, struct ctl_rib_neigh *neigh);
bool ctl_rib_neigh_is_valid(const struct ctl_rib_neigh *neigh);
bool ctl_rib_neigh_state_is_valid(uint16_t state);
bool ctl_rib_neigh_is_ignored(const struct ctl_addr *addr);
/* Whether the data path has what it should. */
bool ctl_rib_neigh_is_written(const struct ctl_rib *rib, const struct ctl_rib_neigh *neigh);
void ctl_rib_neigh_refresh_link(struct ctl_rib *rib, int ifindex);
void ctl_rib_neigh_sweep(struct ctl_rib *rib);
void ctl_rib_neigh_clear(struct ctl_rib *rib);

/* ctl_rib_request.c */
void ctl_rib_request_queue(struct ctl_rib *rib, struct ctl_rib_neigh *neigh);

/* ctl_rib_set.c; get and create return NULL without memory */
static inline struct ctl_rib_set *ctl_rib_set_at(const struct ctl_rib *rib, uint32_t number)
{
	return ctl_pool_at(&rib->set_pool, number);
}
struct ctl_rib_set *ctl_rib_set_get(struct ctl_rib *rib, const struct ctl_rib_set_key *key);
struct ctl_rib_set *ctl_rib_set_create(struct ctl_rib *rib);
int ctl_rib_set_assign(struct ctl_rib *rib, struct ctl_rib_set *set,
		       const struct ctl_rib_set_key *key);
void ctl_rib_set_destroy(struct ctl_rib *rib, struct ctl_rib_set *set);
void ctl_rib_set_put(struct ctl_rib *rib, struct ctl_rib_set *set);
void ctl_rib_set_publish(struct ctl_rib *rib, struct ctl_rib_set *set);
void ctl_rib_set_publish_link(struct ctl_rib *rib, int ifindex);
void ctl_rib_set_publish_all(struct ctl_rib *rib);
void ctl_rib_set_key_get(const struct ctl_rib_set *set, struct ctl_rib_set_key *key);
bool ctl_rib_set_has_key(const struct ctl_rib_set *set, const struct ctl_rib_set_key *key);
/* Whether the data path has what it should. */
bool ctl_rib_set_is_written(const struct ctl_rib *rib, const struct ctl_rib_set *set);
/* Compares the paths, not whether they are dead. */
bool ctl_rib_set_is_same(const struct ctl_rib_set *a, const struct ctl_rib_set *b);
/* Finds the place of a set again after its paths died or revived. */
void ctl_rib_set_rekey(struct ctl_rib *rib, struct ctl_rib_set *set);
bool ctl_rib_set_is_connected(const struct ctl_rib_set *set);

/* ctl_rib_work.c: see there. */
void ctl_rib_set_doom(struct ctl_rib *rib, struct ctl_rib_set *set);
void ctl_rib_set_refresh_routes(struct ctl_rib *rib, struct ctl_rib_set *set);
void ctl_rib_set_work_end(struct ctl_rib *rib, struct ctl_rib_set *set);
bool ctl_rib_has_work(const struct ctl_rib *rib); /* but for a sweep */
/* What is left to do, when it is little; called when all else is consistent. */
void ctl_rib_work_little(struct ctl_rib *rib);

/* ctl_rib_purge.c: what the kernel does without telling */
enum ctl_rib_purge {
	CTL_RIB_LINK_DOWN, /* local addresses stay */
	CTL_RIB_LINK_BARE, /* the last address is gone */
	CTL_RIB_LINK_GONE, /* the link itself is gone: no route over it survives in part */
};
void ctl_rib_purge_link(struct ctl_rib *rib, int ifindex, enum ctl_rib_purge why);
void ctl_rib_purge_source(struct ctl_rib *rib, const struct ctl_addr *addr);
void ctl_rib_revive_link(struct ctl_rib *rib, int ifindex, uint8_t family);
/* Whether a route has a dead path over a link. */
bool ctl_rib_link_has_dead(const struct ctl_rib *rib, int ifindex, uint8_t family);
struct ctl_rib_source *ctl_rib_source_get(struct ctl_rib *rib, const struct ctl_addr *addr);
void ctl_rib_source_put(struct ctl_rib *rib, uint32_t number);
bool ctl_rib_source_is_doomed(const struct ctl_rib *rib, uint32_t number);
/* AF_UNSPEC for 0. */
struct ctl_addr ctl_rib_source_addr(const struct ctl_rib *rib, uint32_t number);

/* ctl_rib_nexthop.c; get returns NULL without memory */
struct ctl_rib_nexthop *ctl_rib_nexthop_find(const struct ctl_rib *rib, uint32_t id);
struct ctl_rib_nexthop *ctl_rib_nexthop_get(struct ctl_rib *rib, uint32_t id);
void ctl_rib_nexthop_put(struct ctl_rib *rib, struct ctl_rib_nexthop *nexthop);
void ctl_rib_nexthop_purge_link(struct ctl_rib *rib, int ifindex);
void ctl_rib_nexthop_sweep(struct ctl_rib *rib);
void ctl_rib_nexthop_clear(struct ctl_rib *rib);

/* ctl_rib_route_key.c: what a route of the kernel leads to */
bool ctl_rib_route_kind(uint8_t type, enum ctl_rib_kind *kind); /* false: not followed */
/* The paths of a route without object; false for types that are not followed. */
bool ctl_rib_route_key(const struct ctl_rib *rib, const struct ctl_nl_route *msg,
		       struct ctl_rib_set_key *key);
struct ctl_rib_set *ctl_rib_route_set_of(struct ctl_rib *rib, const struct ctl_nl_route *msg);

/* The tables of a family. */
static inline struct ctl_rib_family *ctl_rib_family(const struct ctl_rib *rib, uint8_t family)
{
	return &rib->families[family == AF_INET6];
}
/* Those that the number of a route is from. */
static inline struct ctl_rib_family *ctl_rib_family_at(const struct ctl_rib *rib, uint32_t number)
{
	return &rib->families[number >= CTL_RIB_IPV6_NUMBERS];
}

/* The table of a route. */
static inline struct ctl_rib_table *ctl_rib_table_of(const struct ctl_rib *rib,
						     const struct ctl_rib_route *route)
{
	return rib->tables[route->leaf.value];
}

/* ctl_rib_route.c */
static inline struct ctl_rib_route *ctl_rib_route_at(const struct ctl_rib *rib, uint32_t number)
{
	return ctl_pool_at(&ctl_rib_family_at(rib, number)->route_pool, number);
}
static inline struct ctl_rib_route *ctl_rib_route_next(const struct ctl_rib *rib,
						       const struct ctl_rib_route *route)
{
	return route->next ? ctl_rib_route_at(rib, route->next) : NULL;
}
/* The most preferred route of a prefix in the table of an id, NULL without. */
struct ctl_rib_route *ctl_rib_route_find(const struct ctl_rib *rib, uint32_t id,
					 const struct ctl_addr *prefix, uint8_t depth);
/* It is gone for the kernel and soon for us. */
bool ctl_rib_route_is_doomed(const struct ctl_rib *rib, const struct ctl_rib_route *route);
bool ctl_rib_route_is_followed(const struct ctl_nl_route *msg);
void ctl_rib_route_clear(struct ctl_rib *rib);
/* As ctl_pool_next() for the routes of all families; at is 0 at first. */
uint32_t ctl_rib_route_scan(const struct ctl_rib *rib, uint32_t *at);
bool ctl_rib_route_is_end(const struct ctl_rib *rib, uint32_t at);
void ctl_rib_route_delete(struct ctl_rib *rib, uint32_t number);
/* The first one of the prefix of a route. */
uint32_t ctl_rib_route_head(const struct ctl_rib *rib, uint32_t number);
struct ctl_addr ctl_rib_route_prefix(const struct ctl_rib *rib, uint32_t number);

/* ctl_rib_sibling.c: see there; head: the first route of a prefix */
void ctl_rib_sibling_sort(struct ctl_rib_set_key *key);
/* The route that an IPv6 message takes the place of, 0 without. */
uint32_t ctl_rib_sibling_replaced(const struct ctl_rib *rib, uint32_t head,
				  const struct ctl_nl_route *msg, bool replace);
/* The route that has all paths of a message, and others; key receives those. 0 without. */
uint32_t ctl_rib_sibling_rest(const struct ctl_rib *rib, uint32_t head,
			      const struct ctl_nl_route *msg, struct ctl_rib_set_key *key);

/* ctl_rib_list.c */
/* Below 0: the kernel tries the route before that of the message. 0: they are equals. */
int ctl_rib_route_order(const struct ctl_rib_route *route, const struct ctl_nl_route *msg);
/* Whether the dump that runs has told a route already: it is where it belongs. */
bool ctl_rib_list_has_told(const struct ctl_rib *rib, uint32_t head, uint32_t number,
			   const struct ctl_nl_route *msg);
/* Puts a route whose prefix has others, from head on, into its place. */
void ctl_rib_list_link(struct ctl_rib *rib, uint32_t head, uint32_t number,
		       const struct ctl_nl_route *msg, bool dump);
/* Takes a route from the others of its prefix, of which there is one at least. @return the first */
uint32_t ctl_rib_list_unlink(struct ctl_rib *rib, uint32_t head, uint32_t number);
void ctl_rib_list_set_link(struct ctl_rib *rib, uint32_t number, struct ctl_rib_set *set);
void ctl_rib_list_set_unlink(struct ctl_rib *rib, uint32_t number);

/* ctl_rib_fib.c; head: the first route of a prefix; NULL: lookups go on with a shorter prefix */
const struct ctl_rib_route *ctl_rib_fib_route(const struct ctl_rib *rib,
					      const struct ctl_rib_route *head);
/* What is wrong in a table of the data path about a prefix; NULL: nothing. */
const char *ctl_rib_fib_wrong(const struct ctl_rib *rib, struct ctl_rib_table *table,
			      const struct ctl_addr *prefix, uint8_t depth);
void ctl_rib_fib_rewrite(struct ctl_rib *rib, struct ctl_rib_table *table,
			 const struct ctl_addr *prefix, uint8_t depth);
void ctl_rib_fib_refresh(struct ctl_rib *rib, uint32_t head);
/* Takes the last route of a prefix out of the trie and its entry out of the FIB. */
void ctl_rib_fib_remove(struct ctl_rib *rib, uint32_t head);
/* Puts the entries of local into the data path's main table, or takes them out. */
void ctl_rib_fib_merge(struct ctl_rib *rib, uint8_t family, bool merged);
/* A neighbour is one in every table that has its prefix. */
void ctl_rib_fib_address_refresh(struct ctl_rib *rib, const struct ctl_addr *addr);

/* ctl_rib_host.c */
uint32_t ctl_rib_host_find(const struct ctl_rib *rib, const struct ctl_addr *addr); /* 0 without */
int ctl_rib_fib_host_add(struct ctl_rib *rib, struct ctl_rib_neigh *neigh);
void ctl_rib_fib_host_del(struct ctl_rib *rib, struct ctl_rib_neigh *neigh);

#endif
