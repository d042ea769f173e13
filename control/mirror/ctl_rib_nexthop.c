#include "control/mirror/ctl_rib_tables.h"

#include <errno.h>
#include <stdlib.h>

static bool nexthop_equal(const struct ctl_hash_node *node, const void *key)
{
	return CTL_CONTAINER(node, const struct ctl_rib_nexthop, node)->id ==
	       *(const uint32_t *)key;
}

struct ctl_rib_nexthop *ctl_rib_nexthop_find(const struct ctl_rib *rib, uint32_t id)
{
	uint32_t hash = ctl_hash_bytes(0, &id, sizeof(id));
	struct ctl_hash_node *node = ctl_hash_find(&rib->nexthops, hash, nexthop_equal, &id);

	return node ? CTL_CONTAINER(node, struct ctl_rib_nexthop, node) : NULL;
}

struct ctl_rib_nexthop *ctl_rib_nexthop_get(struct ctl_rib *rib, uint32_t id)
{
	struct ctl_rib_nexthop *nexthop = ctl_rib_nexthop_find(rib, id);

	if (nexthop)
		return nexthop;
	nexthop = calloc(1, sizeof(*nexthop));
	if (!nexthop) {
		rib->suspect = true;
		return NULL;
	}
	nexthop->id = id;
	nexthop->set = ctl_rib_set_create(rib);
	if (!nexthop->set) {
		free(nexthop);
		return NULL;
	}
	nexthop->set->nexthop = nexthop;
	ctl_hash_insert(&rib->nexthops, &nexthop->node, ctl_hash_bytes(0, &id, sizeof(id)));
	return nexthop;
}

void ctl_rib_nexthop_put(struct ctl_rib *rib, struct ctl_rib_nexthop *nexthop)
{
	if (nexthop->known || nexthop->set->pins > 0 || nexthop->set->routes != 0)
		return;
	ctl_hash_remove(&rib->nexthops, &nexthop->node);
	ctl_rib_set_destroy(rib, nexthop->set);
	free(nexthop);
}

static void key_add_path(struct ctl_rib_set_key *key, const struct ctl_nl_path *path,
			 uint16_t weight)
{
	struct ctl_rib_path_key *out = &key->paths[key->n_paths++];

	out->ifindex = path->ifindex;
	out->weight = weight;
	out->dead = false;
	out->gateway = path->gateway;
}

/* A group leads where those of its members lead that exist; the kernel drops the others from it. */
static void key_add_members(const struct ctl_rib *rib, const struct ctl_nl_nexthop *spec,
			    struct ctl_rib_set_key *key)
{
	for (unsigned i = 0; i < spec->n_members; i++) {
		const struct ctl_rib_nexthop *member = ctl_rib_nexthop_find(rib, spec->members[i]);

		if (!member || !member->known || member->spec->n_members > 0)
			continue;
		if (member->spec->unsupported)
			key->unsupported = true;
		if (member->spec->blackhole)
			key->kind = CTL_RIB_BLACKHOLE;
		else
			key_add_path(key, &member->spec->path, spec->weights[i]);
	}
	/* A blackhole is the only member of its group. */
	if (key->kind == CTL_RIB_BLACKHOLE)
		key->n_paths = 0;
	else if (key->n_paths == 0)
		key->kind = CTL_RIB_UNREACHABLE;
}

static int connected_link(const struct ctl_rib_set *set)
{
	return ctl_rib_set_is_connected(set) ? set->paths[0].ifindex : 0;
}

static void nexthop_refresh(struct ctl_rib *rib, struct ctl_rib_nexthop *nexthop)
{
	const struct ctl_nl_nexthop *spec = nexthop->spec;
	struct ctl_rib_set_key key;
	int link_before;

	key.family = spec->family;
	key.kind = spec->blackhole ? CTL_RIB_BLACKHOLE : CTL_RIB_UNICAST;
	key.unsupported = spec->unsupported;
	key.host_scope = false;
	key.n_paths = 0;
	if (spec->n_members > 0)
		key_add_members(rib, spec, &key);
	else if (!spec->blackhole)
		key_add_path(&key, &spec->path, 1);
	link_before = connected_link(nexthop->set);
	/* Without memory the old paths stay until the next synchronisation. */
	if (ctl_rib_set_assign(rib, nexthop->set, &key) < 0)
		return;
	/* Which hosts have entries of their own depends on it. */
	if (connected_link(nexthop->set) != link_before)
		ctl_rib_set_refresh_routes(rib, nexthop->set);
}

/* Forgets an object and, as the kernel does without telling, the routes over it. */
static void nexthop_drop(struct ctl_rib *rib, struct ctl_rib_nexthop *nexthop)
{
	rib->n_nexthops--;
	rib->purges += nexthop->set->n_routes;
	LIST_REMOVE(nexthop, list);
	ctl_hash_remove(&rib->nexthops, &nexthop->node);
	ctl_rib_set_doom(rib, nexthop->set);
	free(nexthop->spec);
	free(nexthop);
}

static bool spec_has_member(const struct ctl_nl_nexthop *spec, uint32_t id)
{
	for (unsigned i = 0; i < spec->n_members; i++) {
		if (spec->members[i] == id)
			return true;
	}
	return false;
}

/* Takes what is gone out of a group; the kernel drops a group that loses its last member. */
static void group_shrink(struct ctl_rib *rib, struct ctl_rib_nexthop *group)
{
	struct ctl_nl_nexthop *spec = group->spec;
	unsigned left = 0;

	for (unsigned i = 0; i < spec->n_members; i++) {
		const struct ctl_rib_nexthop *member = ctl_rib_nexthop_find(rib, spec->members[i]);

		if (!member || !member->known)
			continue;
		spec->members[left] = spec->members[i];
		spec->weights[left++] = spec->weights[i];
	}
	if (left == spec->n_members)
		return;
	if (left == 0) {
		nexthop_drop(rib, group);
		return;
	}
	spec->n_members = left;
	nexthop_refresh(rib, group);
}

static void groups_shrink(struct ctl_rib *rib)
{
	struct ctl_rib_nexthop *group = LIST_FIRST(&rib->groups);

	while (group) {
		struct ctl_rib_nexthop *next = LIST_NEXT(group, list);

		group_shrink(rib, group);
		group = next;
	}
}

static void groups_refresh_member(struct ctl_rib *rib, uint32_t id)
{
	struct ctl_rib_nexthop *group;

	LIST_FOREACH(group, &rib->groups, list) {
		if (spec_has_member(group->spec, id))
			nexthop_refresh(rib, group);
	}
}

static int nexthop_learn(struct ctl_rib *rib, const struct ctl_nl_nexthop *msg)
{
	struct ctl_rib_nexthop *nexthop = ctl_rib_nexthop_get(rib, msg->id);
	struct ctl_nl_nexthop *spec = malloc(sizeof(*spec));

	if (!nexthop || !spec) {
		rib->suspect = true;
		free(spec);
		if (nexthop)
			ctl_rib_nexthop_put(rib, nexthop);
		return -ENOMEM;
	}
	*spec = *msg;
	if (nexthop->known)
		LIST_REMOVE(nexthop, list);
	else
		rib->n_nexthops++;
	free(nexthop->spec);
	nexthop->spec = spec;
	nexthop->known = true;
	nexthop->gen = rib->gen;
	nexthop->audit = rib->audit;
	if (msg->n_members > 0)
		LIST_INSERT_HEAD(&rib->groups, nexthop, list);
	else
		LIST_INSERT_HEAD(&rib->singles, nexthop, list);
	nexthop_refresh(rib, nexthop);
	return 0;
}

int ctl_rib_apply_nexthop(struct ctl_rib *rib, const struct ctl_nl_nexthop *msg)
{
	struct ctl_rib_nexthop *nexthop;
	int rc;

	ctl_diffs_touch_all(&rib->diffs);
	if (msg->removed) {
		nexthop = ctl_rib_nexthop_find(rib, msg->id);
		if (nexthop && nexthop->known) {
			nexthop_drop(rib, nexthop);
			groups_shrink(rib);
		}
		ctl_rib_work_little(rib);
		return 0;
	}
	rc = nexthop_learn(rib, msg);
	if (rc == 0 && msg->n_members == 0)
		groups_refresh_member(rib, msg->id);
	ctl_rib_work_little(rib);
	return rc;
}

void ctl_rib_nexthop_purge_link(struct ctl_rib *rib, int ifindex)
{
	struct ctl_rib_nexthop *nexthop = LIST_FIRST(&rib->singles);
	bool dropped = false;

	while (nexthop) {
		struct ctl_rib_nexthop *next = LIST_NEXT(nexthop, list);

		if (!nexthop->spec->blackhole && nexthop->spec->path.ifindex == ifindex) {
			rib->purges++;
			nexthop_drop(rib, nexthop);
			dropped = true;
		}
		nexthop = next;
	}
	if (dropped)
		groups_shrink(rib);
}

static void list_sweep(struct ctl_rib *rib, struct ctl_rib_nexthop *nexthop)
{
	while (nexthop) {
		struct ctl_rib_nexthop *next = LIST_NEXT(nexthop, list);

		if (nexthop->gen != rib->gen) {
			rib->swept++;
			nexthop_drop(rib, nexthop);
		}
		nexthop = next;
	}
}

void ctl_rib_nexthop_sweep(struct ctl_rib *rib)
{
	list_sweep(rib, LIST_FIRST(&rib->groups));
	list_sweep(rib, LIST_FIRST(&rib->singles));
	groups_shrink(rib);
}

void ctl_rib_nexthop_clear(struct ctl_rib *rib)
{
	struct ctl_rib_nexthop_list *lists[] = { &rib->groups, &rib->singles };

	for (size_t i = 0; i < 2; i++) {
		while (!LIST_EMPTY(lists[i]))
			nexthop_drop(rib, LIST_FIRST(lists[i]));
	}
}
