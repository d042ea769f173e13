#include "control/mirror/ctl_rib_tables.h"

#include <errno.h>
#include <stdlib.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#define STATES_VALID (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP)

struct neigh_key {
	int ifindex;
	const struct ctl_addr *addr;
};

static uint32_t neigh_hash(const struct neigh_key *key)
{
	uint32_t hash = ctl_hash_bytes(key->addr->family, &key->ifindex, sizeof(key->ifindex));

	return ctl_hash_bytes(hash, key->addr->bytes, sizeof(key->addr->bytes));
}

static struct ctl_rib_neigh *neigh_of(struct ctl_hash_node *node)
{
	return node ? CTL_CONTAINER(node, struct ctl_rib_neigh, node) : NULL;
}

static bool neigh_equal(const struct ctl_hash_node *node, const void *key)
{
	const struct ctl_rib_neigh *neigh = CTL_CONTAINER(node, const struct ctl_rib_neigh, node);
	const struct neigh_key *wanted = key;

	return neigh->ifindex == wanted->ifindex && ctl_addr_equal(&neigh->addr, wanted->addr);
}

struct ctl_rib_neigh *ctl_rib_neigh_find(const struct ctl_rib *rib, int ifindex,
					 const struct ctl_addr *addr)
{
	struct neigh_key key = { ifindex, addr };

	return neigh_of(ctl_hash_find(&rib->neighs, neigh_hash(&key), neigh_equal, &key));
}

bool ctl_rib_neigh_state_is_valid(uint16_t state)
{
	return state & STATES_VALID;
}

bool ctl_rib_neigh_is_valid(const struct ctl_rib_neigh *neigh)
{
	return neigh->known && neigh->has_mac && ctl_rib_neigh_state_is_valid(neigh->state);
}

/* What the data path does with a packet for this neighbour. */
static void neigh_meaning(const struct ctl_rib *rib, const struct ctl_rib_neigh *neigh,
			  struct dp_nexthop *meaning)
{
	const struct ctl_rib_link *link = ctl_rib_link_find(rib, neigh->ifindex);

	memset(meaning, 0, sizeof(*meaning));
	meaning->kind = DP_NH_UNREACHABLE;
	if (!ctl_rib_link_is_usable(rib, link) || link->port == CTL_RIB_NO_PORT)
		return;
	meaning->port = (uint16_t)link->port;
	meaning->kind = DP_NH_GLEAN;
	if (ctl_rib_neigh_is_valid(neigh)) {
		meaning->kind = DP_NH_FORWARD;
		memcpy(meaning->dst_mac, neigh->mac, sizeof(neigh->mac));
	}
}

static bool meaning_is_written(const struct ctl_rib_neigh *neigh, const struct dp_nexthop *meaning)
{
	return neigh->dp_index != DP_NH_NONE && neigh->written_kind == meaning->kind &&
	       neigh->written_port == meaning->port &&
	       memcmp(neigh->written_mac, meaning->dst_mac, sizeof(neigh->written_mac)) == 0;
}

/* @return true when the data path was told something new */
static bool neigh_write(struct ctl_rib *rib, struct ctl_rib_neigh *neigh)
{
	struct dp_nexthop meaning;
	int rc;

	neigh_meaning(rib, neigh, &meaning);
	if (meaning_is_written(neigh, &meaning))
		return false;
	if (neigh->dp_index == DP_NH_NONE)
		rc = dp_nexthop_add(rib->params.routing, &meaning);
	else
		rc = dp_nexthop_set(rib->params.routing, neigh->dp_index, &meaning);
	if (rc < 0) {
		rib->fib_errors++;
		rib->suspect = true;
		return false;
	}
	if (neigh->dp_index == DP_NH_NONE)
		neigh->dp_index = (uint32_t)rc;
	neigh->written_kind = meaning.kind;
	neigh->written_port = meaning.port;
	memcpy(neigh->written_mac, meaning.dst_mac, sizeof(neigh->written_mac));
	return true;
}

bool ctl_rib_neigh_is_written(const struct ctl_rib *rib, const struct ctl_rib_neigh *neigh)
{
	struct dp_nexthop meaning;
	struct dp_nexthop have;

	neigh_meaning(rib, neigh, &meaning);
	return neigh->dp_index != DP_NH_NONE &&
	       dp_nexthop_get(rib->params.routing, neigh->dp_index, &have) == 0 &&
	       have.kind == meaning.kind && have.port == meaning.port &&
	       (have.kind != DP_NH_FORWARD ||
		memcmp(have.dst_mac, meaning.dst_mac, sizeof(have.dst_mac)) == 0);
}

static void neigh_refresh(struct ctl_rib *rib, struct ctl_rib_neigh *neigh)
{
	struct ctl_rib_path *path;

	if (!neigh_write(rib, neigh))
		return;
	LIST_FOREACH(path, &neigh->users, by_neigh)
		ctl_rib_set_publish(rib, path->set);
}

struct ctl_rib_neigh *ctl_rib_neigh_get(struct ctl_rib *rib, int ifindex,
					const struct ctl_addr *addr)
{
	struct ctl_rib_neigh *neigh = ctl_rib_neigh_find(rib, ifindex, addr);
	struct neigh_key key = { ifindex, addr };

	if (neigh)
		return neigh;
	neigh = calloc(1, sizeof(*neigh));
	if (!neigh) {
		rib->suspect = true;
		return NULL;
	}
	neigh->ifindex = ifindex;
	neigh->addr = *addr;
	LIST_INIT(&neigh->users);
	ctl_hash_insert(&rib->neighs, &neigh->node, neigh_hash(&key));
	neigh_write(rib, neigh);
	return neigh;
}

/* Nobody needs it any more unless the kernel knows it, a path leads to it, or it is to be said. */
void ctl_rib_neigh_put(struct ctl_rib *rib, struct ctl_rib_neigh *neigh)
{
	if (LIST_EMPTY(&neigh->users) && neigh->managed)
		ctl_rib_request_queue(rib, neigh);
	if (neigh->known || neigh->queued || !LIST_EMPTY(&neigh->users))
		return;
	ctl_hash_remove(&rib->neighs, &neigh->node);
	if (neigh->dp_index != DP_NH_NONE)
		dp_nexthop_del(rib->params.routing, neigh->dp_index);
	free(neigh);
}

/* The kernel keeps such an entry for the packets of devices without addresses. */
bool ctl_rib_neigh_is_ignored(const struct ctl_addr *addr)
{
	static const uint8_t none[CTL_ADDR_BYTES];

	return memcmp(addr->bytes, none, sizeof(none)) == 0;
}

static void neigh_forget(struct ctl_rib *rib, struct ctl_rib_neigh *neigh)
{
	rib->n_neighs--;
	neigh->known = false;
	neigh->managed = false;
	neigh->kernel_managed = false;
	ctl_rib_fib_host_del(rib, neigh);
	neigh_refresh(rib, neigh);
	if (!LIST_EMPTY(&neigh->users))
		ctl_rib_request_queue(rib, neigh);
	ctl_rib_neigh_put(rib, neigh);
}

static void neigh_learn(struct ctl_rib_neigh *neigh, const struct ctl_nl_neigh *msg)
{
	neigh->state = msg->state;
	neigh->kernel_managed = msg->managed;
	neigh->ntf_flags = msg->flags;
	neigh->has_mac = msg->has_mac;
	memcpy(neigh->mac, msg->mac, sizeof(neigh->mac));
}

int ctl_rib_apply_neigh(struct ctl_rib *rib, const struct ctl_nl_neigh *msg)
{
	const struct ctl_diff_key key = { .kind = CTL_DIFF_NEIGH,
					  .number = (uint32_t)msg->ifindex,
					  .addr = msg->addr };
	struct ctl_rib_neigh *neigh;

	if (ctl_rib_neigh_is_ignored(&msg->addr))
		return -ENOMSG;
	ctl_diffs_touch(&rib->diffs, &key);
	if (msg->removed) {
		neigh = ctl_rib_neigh_find(rib, msg->ifindex, &msg->addr);
		if (neigh && neigh->known)
			neigh_forget(rib, neigh);
		return 0;
	}
	neigh = ctl_rib_neigh_get(rib, msg->ifindex, &msg->addr);
	if (!neigh)
		return -ENOMEM;
	if (!neigh->known)
		rib->n_neighs++;
	neigh->known = true;
	neigh->gen = rib->gen;
	neigh->audit = rib->audit;
	neigh_learn(neigh, msg);
	neigh_refresh(rib, neigh);
	/* Packets to it never reach the FIB: it can only be a gateway. */
	if (ctl_addr_is_link_local(&neigh->addr))
		return 0;
	if (!ctl_rib_neigh_is_valid(neigh))
		ctl_rib_fib_host_del(rib, neigh);
	return ctl_rib_neigh_is_valid(neigh) ? ctl_rib_fib_host_add(rib, neigh) : 0;
}

void ctl_rib_neigh_refresh_link(struct ctl_rib *rib, int ifindex)
{
	bool alive = ctl_rib_link_is_alive(ctl_rib_link_find(rib, ifindex));
	struct ctl_hash_node *node = NULL;

	while ((node = ctl_hash_next(&rib->neighs, node))) {
		struct ctl_rib_neigh *neigh = neigh_of(node);

		if (neigh->ifindex != ifindex)
			continue;
		neigh_write(rib, neigh);
		if (alive && !LIST_EMPTY(&neigh->users) && !ctl_rib_neigh_is_valid(neigh))
			ctl_rib_request_queue(rib, neigh);
	}
	ctl_rib_set_publish_link(rib, ifindex);
}

void ctl_rib_neigh_sweep(struct ctl_rib *rib)
{
	struct ctl_hash_node *node = ctl_hash_next(&rib->neighs, NULL);

	while (node) {
		struct ctl_rib_neigh *neigh = neigh_of(node);

		node = ctl_hash_next(&rib->neighs, node);
		if (neigh->known && neigh->gen != rib->gen) {
			rib->swept++;
			neigh_forget(rib, neigh);
		}
	}
}

void ctl_rib_neigh_clear(struct ctl_rib *rib)
{
	struct ctl_hash_node *node = ctl_hash_next(&rib->neighs, NULL);

	while (node) {
		struct ctl_rib_neigh *neigh = neigh_of(node);

		node = ctl_hash_next(&rib->neighs, node);
		ctl_hash_remove(&rib->neighs, &neigh->node);
		if (neigh->dp_index != DP_NH_NONE)
			dp_nexthop_del(rib->params.routing, neigh->dp_index);
		free(neigh);
	}
}
