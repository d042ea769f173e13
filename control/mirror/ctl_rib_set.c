#include "control/mirror/ctl_rib_tables.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t key_hash(const struct ctl_rib_set_key *key)
{
	uint32_t hash = (uint32_t)key->family << 16 | (uint32_t)key->kind << 8 | key->n_paths;

	for (unsigned i = 0; i < key->n_paths; i++) {
		const struct ctl_rib_path_key *path = &key->paths[i];
		uint32_t words[2] = { (uint32_t)path->ifindex,
				      (uint32_t)path->weight << 1 | path->dead };

		hash = ctl_hash_bytes(hash, words, sizeof(words));
		hash = ctl_hash_bytes(hash, path->gateway.bytes, sizeof(path->gateway.bytes));
	}
	return hash;
}

static struct ctl_addr path_gateway(const struct ctl_rib_path *path)
{
	struct ctl_addr none = { .family = AF_UNSPEC };

	return path->neigh ? path->neigh->addr : none;
}

bool ctl_rib_set_has_key(const struct ctl_rib_set *set, const struct ctl_rib_set_key *key)
{
	if (set->family != key->family || set->kind != key->kind ||
	    set->unsupported != key->unsupported || set->host_scope != key->host_scope ||
	    set->n_paths != key->n_paths)
		return false;
	for (unsigned i = 0; i < set->n_paths; i++) {
		struct ctl_addr gateway = path_gateway(&set->paths[i]);

		if (set->paths[i].ifindex != key->paths[i].ifindex ||
		    set->paths[i].weight != key->paths[i].weight ||
		    set->paths[i].dead != key->paths[i].dead ||
		    !ctl_addr_equal(&gateway, &key->paths[i].gateway))
			return false;
	}
	return true;
}

static bool set_equal(const struct ctl_hash_node *node, const void *key)
{
	return ctl_rib_set_has_key(CTL_CONTAINER(node, const struct ctl_rib_set, node), key);
}

bool ctl_rib_set_is_same(const struct ctl_rib_set *a, const struct ctl_rib_set *b)
{
	if (a == b)
		return true;
	if (a->nexthop || b->nexthop || a->family != b->family || a->kind != b->kind ||
	    a->n_paths != b->n_paths || a->unsupported != b->unsupported ||
	    a->host_scope != b->host_scope)
		return false;
	for (unsigned i = 0; i < a->n_paths; i++) {
		if (a->paths[i].ifindex != b->paths[i].ifindex ||
		    a->paths[i].weight != b->paths[i].weight ||
		    a->paths[i].neigh != b->paths[i].neigh)
			return false;
	}
	return true;
}

void ctl_rib_set_key_get(const struct ctl_rib_set *set, struct ctl_rib_set_key *key)
{
	key->family = set->family;
	key->kind = set->kind;
	key->unsupported = set->unsupported;
	key->host_scope = set->host_scope;
	key->n_paths = set->n_paths;
	for (unsigned i = 0; i < set->n_paths; i++) {
		key->paths[i].ifindex = set->paths[i].ifindex;
		key->paths[i].weight = set->paths[i].weight;
		key->paths[i].dead = set->paths[i].dead;
		key->paths[i].gateway = path_gateway(&set->paths[i]);
	}
}

static void paths_release(struct ctl_rib *rib, struct ctl_rib_path *paths, unsigned n_paths)
{
	for (unsigned i = 0; i < n_paths; i++) {
		if (!paths[i].neigh)
			continue;
		LIST_REMOVE(&paths[i], by_neigh);
		ctl_rib_neigh_put(rib, paths[i].neigh);
	}
	free(paths);
}

static struct ctl_rib_path *paths_create(struct ctl_rib *rib, struct ctl_rib_set *set,
					 const struct ctl_rib_set_key *key)
{
	struct ctl_rib_path *paths = calloc(key->n_paths, sizeof(*paths));

	for (unsigned i = 0; paths && i < key->n_paths; i++) {
		const struct ctl_rib_path_key *from = &key->paths[i];

		paths[i].set = set;
		paths[i].ifindex = from->ifindex;
		paths[i].weight = from->weight;
		paths[i].dead = from->dead;
		if (key->kind != CTL_RIB_UNICAST)
			continue;
		paths[i].neigh = ctl_rib_neigh_get(rib, from->ifindex, &from->gateway);
		if (!paths[i].neigh) {
			paths_release(rib, paths, i);
			return NULL;
		}
		LIST_INSERT_HEAD(&paths[i].neigh->users, &paths[i], by_neigh);
		if (!ctl_rib_neigh_is_valid(paths[i].neigh) || !paths[i].neigh->kernel_managed)
			ctl_rib_request_queue(rib, paths[i].neigh);
	}
	return paths;
}

int ctl_rib_set_assign(struct ctl_rib *rib, struct ctl_rib_set *set,
		       const struct ctl_rib_set_key *key)
{
	struct ctl_rib_path *paths = NULL;

	if (key->n_paths > 0) {
		paths = paths_create(rib, set, key);
		if (!paths) {
			rib->suspect = true;
			return -ENOMEM;
		}
	}
	/* The old paths go last, so that a neighbour that both have is not forgotten meanwhile. */
	struct ctl_rib_path *old = set->paths;
	unsigned n_old = set->n_paths;

	set->family = key->family;
	set->kind = key->kind;
	set->unsupported = key->unsupported;
	set->host_scope = key->host_scope;
	set->n_paths = key->n_paths;
	set->paths = paths;
	ctl_rib_set_publish(rib, set);
	paths_release(rib, old, n_old);
	return 0;
}

/*
 * The members that packets may take now, and the ports of the others. A single member is copied, to
 * save the data path a step.
 */
static void set_gather(const struct ctl_rib *rib, const struct ctl_rib_set *set,
		       struct dp_nexthop *out)
{
	const struct ctl_rib_neigh *last = NULL;

	for (unsigned i = 0; i < set->n_paths; i++) {
		const struct ctl_rib_path *path = &set->paths[i];
		const struct ctl_rib_link *link = ctl_rib_link_find(rib, path->ifindex);

		if (path->dead || !ctl_rib_link_is_usable(rib, link) ||
		    path->neigh->dp_index == DP_NH_NONE) {
			if (link && link->port != CTL_RIB_NO_PORT)
				out->unused_ports |= 1U << link->port;
			continue;
		}
		out->members[out->n_members] = path->neigh->dp_index;
		out->weights[out->n_members++] = path->weight;
		last = path->neigh;
	}
	if (out->n_members > 1) {
		out->kind = DP_NH_GROUP;
		return;
	}
	out->kind = DP_NH_UNREACHABLE;
	if (last) {
		out->kind = last->written_kind;
		out->port = last->written_port;
		memcpy(out->dst_mac, last->written_mac, sizeof(out->dst_mac));
	}
	out->n_members = 0;
}

/* What the data path does with a packet that comes here. */
static void set_meaning(const struct ctl_rib *rib, const struct ctl_rib_set *set,
			struct dp_nexthop *meaning)
{
	memset(meaning, 0, sizeof(*meaning));
	meaning->kind = DP_NH_UNREACHABLE;
	if (set->kind == CTL_RIB_LOCAL)
		meaning->kind = DP_NH_LOCAL;
	else if (set->kind == CTL_RIB_BLACKHOLE)
		meaning->kind = DP_NH_BLACKHOLE;
	else if (set->kind == CTL_RIB_THROW)
		meaning->kind = DP_NH_THROW;
	else if (set->kind == CTL_RIB_UNICAST && !set->unsupported)
		set_gather(rib, set, meaning);
	meaning->by_kernel = set->kind == CTL_RIB_UNICAST && meaning->kind == DP_NH_UNREACHABLE;
}

static bool meaning_equal(const struct dp_nexthop *a, const struct dp_nexthop *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case DP_NH_UNREACHABLE:
		return a->by_kernel == b->by_kernel;
	case DP_NH_GLEAN:
		return a->port == b->port && a->unused_ports == b->unused_ports;
	case DP_NH_FORWARD:
		return a->port == b->port && a->unused_ports == b->unused_ports &&
		       memcmp(a->dst_mac, b->dst_mac, sizeof(a->dst_mac)) == 0;
	case DP_NH_GROUP:
		return a->n_members == b->n_members && a->unused_ports == b->unused_ports &&
		       memcmp(a->members, b->members, a->n_members * sizeof(a->members[0])) == 0 &&
		       memcmp(a->weights, b->weights, a->n_members * sizeof(a->weights[0])) == 0;
	default:
		return true;
	}
}

bool ctl_rib_set_is_written(const struct ctl_rib *rib, const struct ctl_rib_set *set)
{
	struct dp_nexthop meaning;
	struct dp_nexthop have;

	set_meaning(rib, set, &meaning);
	return set->dp_index != DP_NH_NONE &&
	       dp_nexthop_get(rib->params.routing, set->dp_index, &have) == 0 &&
	       meaning_equal(&have, &meaning);
}

/* No path leads out of a port. */
static bool set_is_punted(const struct ctl_rib *rib, const struct ctl_rib_set *set)
{
	if (set->unsupported || set->kind != CTL_RIB_UNICAST)
		return set->unsupported;
	for (unsigned i = 0; i < set->n_paths; i++) {
		const struct ctl_rib_link *link = ctl_rib_link_find(rib, set->paths[i].ifindex);

		if (link && link->port != CTL_RIB_NO_PORT)
			return false;
	}
	return true;
}

static bool set_is_skipped(const struct ctl_rib *rib, const struct ctl_rib_set *set)
{
	/* Routes of host scope have no carrier to lose. */
	if (set->host_scope || set->n_paths == 0)
		return false;
	for (unsigned i = 0; i < set->n_paths; i++) {
		const struct ctl_rib_path *path = &set->paths[i];

		if (!path->dead && !ctl_rib_link_is_ignored(
					   rib, ctl_rib_link_find(rib, path->ifindex), set->family))
			return false;
	}
	return true;
}

static bool set_leads_over(const struct ctl_rib_set *set, int ifindex)
{
	for (unsigned i = 0; i < set->n_paths; i++) {
		if (set->paths[i].ifindex == ifindex)
			return true;
	}
	return false;
}

void ctl_rib_set_publish_link(struct ctl_rib *rib, int ifindex)
{
	struct ctl_rib_set *set;

	LIST_FOREACH(set, &rib->all_sets, all) {
		if (set_leads_over(set, ifindex))
			ctl_rib_set_publish(rib, set);
	}
}

void ctl_rib_set_publish_all(struct ctl_rib *rib)
{
	struct ctl_rib_set *set;

	LIST_FOREACH(set, &rib->all_sets, all)
		ctl_rib_set_publish(rib, set);
}

void ctl_rib_set_publish(struct ctl_rib *rib, struct ctl_rib_set *set)
{
	struct dp_nexthop meaning;
	bool was_skipped = set->skipped;
	int rc;

	set->punted = set_is_punted(rib, set);
	set_meaning(rib, set, &meaning);
	if (set->dp_index == DP_NH_NONE)
		rc = dp_nexthop_add(rib->params.routing, &meaning);
	else
		rc = dp_nexthop_set(rib->params.routing, set->dp_index, &meaning);
	if (rc < 0) {
		rib->fib_errors++;
		rib->suspect = true;
	} else if (set->dp_index == DP_NH_NONE) {
		set->dp_index = (uint32_t)rc;
	}
	set->skipped = set_is_skipped(rib, set);
	if (set->skipped != was_skipped)
		ctl_rib_set_refresh_routes(rib, set);
}

void ctl_rib_set_destroy(struct ctl_rib *rib, struct ctl_rib_set *set)
{
	ctl_rib_set_work_end(rib, set);
	LIST_REMOVE(set, all);
	if (set->hashed)
		ctl_hash_remove(&rib->sets, &set->node);
	if (set->dp_index != DP_NH_NONE)
		dp_nexthop_del(rib->params.routing, set->dp_index);
	paths_release(rib, set->paths, set->n_paths);
	ctl_pool_free(&rib->set_pool, set->number);
}

struct ctl_rib_set *ctl_rib_set_create(struct ctl_rib *rib)
{
	uint32_t number = ctl_pool_alloc(&rib->set_pool);
	struct ctl_rib_set *set;

	if (!number) {
		rib->suspect = true;
		return NULL;
	}
	set = ctl_rib_set_at(rib, number);
	set->number = number;
	set->kind = CTL_RIB_UNREACHABLE;
	LIST_INSERT_HEAD(&rib->all_sets, set, all);
	ctl_rib_set_publish(rib, set);
	if (set->dp_index != DP_NH_NONE)
		return set;
	ctl_rib_set_destroy(rib, set);
	return NULL;
}

struct ctl_rib_set *ctl_rib_set_get(struct ctl_rib *rib, const struct ctl_rib_set_key *key)
{
	uint32_t hash = key_hash(key);
	struct ctl_hash_node *node = ctl_hash_find(&rib->sets, hash, set_equal, key);
	struct ctl_rib_set *set;

	if (node)
		return CTL_CONTAINER(node, struct ctl_rib_set, node);
	set = ctl_rib_set_create(rib);
	if (!set)
		return NULL;
	if (ctl_rib_set_assign(rib, set, key) < 0) {
		ctl_rib_set_destroy(rib, set);
		return NULL;
	}
	set->hashed = true;
	ctl_hash_insert(&rib->sets, &set->node, hash);
	return set;
}

void ctl_rib_set_put(struct ctl_rib *rib, struct ctl_rib_set *set)
{
	if (set->pins > 0 || set->routes != 0)
		return;
	if (set->nexthop)
		ctl_rib_nexthop_put(rib, set->nexthop);
	else
		ctl_rib_set_destroy(rib, set);
}

void ctl_rib_set_rekey(struct ctl_rib *rib, struct ctl_rib_set *set)
{
	struct ctl_rib_set_key key;

	ctl_rib_set_key_get(set, &key);
	if (set->hashed)
		ctl_hash_remove(&rib->sets, &set->node);
	set->hashed = !ctl_hash_find(&rib->sets, key_hash(&key), set_equal, &key);
	if (set->hashed)
		ctl_hash_insert(&rib->sets, &set->node, key_hash(&key));
	ctl_rib_set_publish(rib, set);
}

/* True when the destinations of its routes are neighbours on one port. */
bool ctl_rib_set_is_connected(const struct ctl_rib_set *set)
{
	return set->kind == CTL_RIB_UNICAST && !set->unsupported && set->n_paths == 1 &&
	       !set->paths[0].dead && set->paths[0].neigh->addr.family == AF_UNSPEC;
}
