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
	struct ctl_hash *hashes[] = { &rib->links,    &rib->addrs,   &rib->neighs,   &rib->sets,
				      &rib->nexthops, &rib->sources, &rib->table_ids };

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
	ctl_hash_fini(&rib->table_ids);
}

static uint32_t object_bytes(size_t head_bytes, size_t alignment, uint8_t family)
{
	size_t bytes = head_bytes + ctl_addr_len(family);

	return (uint32_t)((bytes + alignment - 1) / alignment * alignment);
}

static void family_init(struct ctl_rib_family *family, uint8_t af)
{
	uint32_t base = af == AF_INET6 ? CTL_RIB_IPV6_NUMBERS : 0;

	ctl_pool_init_part(&family->route_pool,
			   object_bytes(offsetof(struct ctl_rib_route, key),
					_Alignof(struct ctl_rib_route), af),
			   base, CTL_RIB_IPV6_NUMBERS);
	ctl_pool_init(&family->host_pool, object_bytes(offsetof(struct ctl_rib_host, key),
						       _Alignof(struct ctl_rib_host), af));
	family->merged = true;
	ctl_trie_init(&family->hosts, &family->host_pool, af, offsetof(struct ctl_rib_host, key));
}

static int pools_init(struct ctl_rib *rib)
{
	ctl_pool_init(&rib->set_pool, sizeof(struct ctl_rib_set));
	ctl_pool_init(&rib->source_pool, sizeof(struct ctl_rib_source));
	rib->families = calloc(2, sizeof(*rib->families));
	if (!rib->families)
		return -ENOMEM;
	family_init(ctl_rib_family(rib, AF_INET), AF_INET);
	family_init(ctl_rib_family(rib, AF_INET6), AF_INET6);
	return 0;
}

static void pools_fini(struct ctl_rib *rib)
{
	for (unsigned i = 0; rib->families && i < 2; i++) {
		struct ctl_rib_family *family = &rib->families[i];

		ctl_trie_fini(&family->hosts);
		ctl_pool_fini(&family->route_pool);
		ctl_pool_fini(&family->host_pool);
	}
	free(rib->families);
	ctl_pool_fini(&rib->set_pool);
	ctl_pool_fini(&rib->source_pool);
}

static int nexthop_init(struct ctl_rib *rib, enum dp_nh_kind kind, uint32_t *index)
{
	struct dp_nexthop nexthop = { .kind = kind };
	int rc = dp_nexthop_add(rib->params.routing, &nexthop);

	if (rc < 0)
		return rc;
	*index = (uint32_t)rc;
	return 0;
}

/* Nexthops that are always there; and until the rules are known the kernel has all packets. */
static int policy_init(struct ctl_rib *rib)
{
	struct dp_rule to_kernel = { .in_ports = DP_RULE_ANY_PORT, .action = DP_RULE_NEXTHOP };
	int rc = nexthop_init(rib, DP_NH_UNREACHABLE, &rib->punt_index);

	if (rc == 0)
		rc = nexthop_init(rib, DP_NH_BLACKHOLE, &rib->blackhole_index);
	to_kernel.nexthop = rib->punt_index;
	for (unsigned i = 0; i < 2 && rc == 0; i++) {
		rc = dp_rules_set(rib->params.routing, i == 1, &to_kernel, 1);
		rib->rules[i].n_published = 1;
	}
	return rc;
}

static void policy_fini(struct ctl_rib *rib)
{
	ctl_rib_policy_clear(rib);
	dp_nexthop_del(rib->params.routing, rib->punt_index);
	dp_nexthop_del(rib->params.routing, rib->blackhole_index);
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
	TAILQ_INIT(&rib->work);
	LIST_INIT(&rib->doomed_sources);
	TAILQ_INIT(&rib->requests);
	rc = pools_init(rib);
	if (rc == 0)
		rc = hashes_init(rib);
	if (rc == 0)
		rc = ctl_rib_table_init(rib);
	if (rc == 0)
		rc = policy_init(rib);
	if (rc < 0) {
		policy_fini(rib);
		ctl_rib_table_clear(rib);
		hashes_fini(rib);
		pools_fini(rib);
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
	policy_fini(rib);
	ctl_rib_rule_clear(rib);
	ctl_rib_nexthop_clear(rib);
	ctl_rib_neigh_clear(rib);
	ctl_rib_addr_clear(rib);
	ctl_rib_link_clear(rib);
	ctl_rib_table_clear(rib);
	pools_fini(rib);
	ctl_diffs_clear(&rib->diffs);
	hashes_fini(rib);
	free(rib);
}

void ctl_rib_sync_begin(struct ctl_rib *rib)
{
	rib->sweeping = false;
	rib->told = 0;
	rib->rules[0].told = rib->rules[1].told = 0;
	rib->gen++;
}

void ctl_rib_sync_end(struct ctl_rib *rib)
{
	rib->sweeping = true;
	rib->sweep_at = 0;
	ctl_rib_rule_sweep(rib);
	rib->rules_known = true;
	ctl_rib_policy_refresh(rib);
	ctl_rib_work_little(rib);
}

bool ctl_rib_is_sweeping(const struct ctl_rib *rib)
{
	return rib->sweeping;
}

bool ctl_rib_is_suspect(struct ctl_rib *rib)
{
	bool suspect = rib->suspect;

	rib->suspect = false;
	return suspect;
}

static void tables_count(const struct ctl_rib *rib, struct ctl_mirror_stats *stats)
{
	for (unsigned i = 0; i < 2 * CTL_RIB_TABLES_MAX; i++) {
		const struct ctl_rib_table *table = rib->tables[i / 2];

		if (!table)
			continue;
		stats->prefixes += table->routes[i % 2].n_prefixes;
		stats->memory_bytes += table->routes[i % 2].forks.memory_bytes;
	}
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
	stats->prefixes = 0;
	stats->memory_bytes = rib->set_pool.memory_bytes + rib->source_pool.memory_bytes;
	for (unsigned i = 0; i < 2; i++) {
		const struct ctl_rib_family *family = &rib->families[i];

		stats->memory_bytes += family->route_pool.memory_bytes +
				       family->host_pool.memory_bytes +
				       family->hosts.forks.memory_bytes;
	}
	tables_count(rib, stats);
	stats->rules = rib->rules[0].n + rib->rules[1].n;
	stats->neighbours = rib->n_neighs;
	stats->nexthops = rib->n_nexthops;
	stats->swept = rib->swept;
	stats->purges = rib->purges;
	stats->fib_errors = rib->fib_errors;
}
