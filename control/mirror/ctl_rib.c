#include "control/mirror/ctl_rib_tables.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int params_check(const struct ctl_rib_params *params)
{
	if (!params->routing || params->n_ports > DP_ROUTER_PORTS_MAX)
		return -EINVAL;
	for (unsigned port = 0; port < params->n_ports; port++) {
		const char *name = params->port_names[port];

		if (!name || name[0] == '\0' || strlen(name) >= DP_PORT_NAME_MAX)
			return -EINVAL;
	}
	return 0;
}

static int hashes_init(struct ctl_rib *rib)
{
	struct ctl_hash *hashes[] = { &rib->links, &rib->addrs,	   &rib->neighs,
				      &rib->sets,  &rib->nexthops, &rib->sources };

	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (ctl_hash_init(hashes[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static void hashes_fini(struct ctl_rib *rib)
{
	ctl_hash_fini(&rib->links);
	ctl_hash_fini(&rib->addrs);
	ctl_hash_fini(&rib->neighs);
	ctl_hash_fini(&rib->sets);
	ctl_hash_fini(&rib->nexthops);
	ctl_hash_fini(&rib->sources);
}

/* The nexthop of prefixes that only the kernel can decide; it lives as long as the routing. */
static int punt_init(struct ctl_rib *rib)
{
	struct dp_nexthop punt = { .kind = DP_NH_UNREACHABLE };
	int index = dp_nexthop_add(rib->params.routing, &punt);

	if (index < 0)
		return index;
	rib->punt_index = (uint32_t)index;
	return 0;
}

int ctl_rib_create(const struct ctl_rib_params *params, struct ctl_rib **out)
{
	struct ctl_rib *rib;
	int rc = params_check(params);

	if (rc < 0)
		return rc;
	rib = calloc(1, sizeof(*rib));
	if (!rib)
		return -ENOMEM;
	rib->params = *params;
	for (unsigned port = 0; port < params->n_ports; port++)
		snprintf(rib->port_names[port], sizeof(rib->port_names[port]), "%s",
			 params->port_names[port]);
	LIST_INIT(&rib->all_sets);
	LIST_INIT(&rib->singles);
	LIST_INIT(&rib->groups);
	TAILQ_INIT(&rib->seen);
	TAILQ_INIT(&rib->unseen);
	TAILQ_INIT(&rib->requests);
	rc = hashes_init(rib);
	if (rc == 0)
		rc = punt_init(rib);
	if (rc < 0) {
		hashes_fini(rib);
		free(rib);
		return rc;
	}
	*out = rib;
	return 0;
}

void ctl_rib_destroy(struct ctl_rib *rib)
{
	if (!rib)
		return;
	ctl_rib_route_clear(rib);
	ctl_rib_nexthop_clear(rib);
	ctl_rib_neigh_clear(rib);
	ctl_rib_addr_clear(rib);
	ctl_rib_link_clear(rib);
	ctl_trie_clear(&rib->routes);
	ctl_trie_clear(&rib->hosts);
	dp_nexthop_del(rib->params.routing, rib->punt_index);
	ctl_diffs_clear(&rib->diffs);
	hashes_fini(rib);
	free(rib);
}

void ctl_rib_sync_begin(struct ctl_rib *rib)
{
	ctl_rib_route_sync_begin(rib);
	rib->gen++;
}

void ctl_rib_sync_end(struct ctl_rib *rib)
{
	ctl_rib_route_sweep(rib);
	ctl_rib_nexthop_sweep(rib);
	ctl_rib_neigh_sweep(rib);
	ctl_rib_addr_sweep(rib);
	ctl_rib_link_sweep(rib);
}

bool ctl_rib_is_suspect(struct ctl_rib *rib)
{
	bool suspect = rib->suspect;

	rib->suspect = false;
	return suspect;
}

void ctl_rib_stats_get(const struct ctl_rib *rib, struct ctl_mirror_stats *stats)
{
	const struct ctl_rib_set *set;

	stats->punted_routes = 0;
	LIST_FOREACH(set, &rib->all_sets, all) {
		if (set->punted)
			stats->punted_routes += set->n_routes;
	}
	stats->routes = rib->n_routes;
	stats->prefixes = rib->routes.prefixes;
	stats->neighbours = rib->n_neighs;
	stats->nexthops = rib->n_nexthops;
	stats->swept = rib->swept;
	stats->purges = rib->purges;
	stats->fib_errors = rib->fib_errors;
}
