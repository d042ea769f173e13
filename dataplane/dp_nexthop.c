#include "dataplane/dp_nexthop.h"

#include "dataplane/dp_publish.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_byteorder.h>
#include <rte_ether.h>

#define OBJECT_TABLE_BYTES (DP_NH_MAX * sizeof(uint32_t))
#define RECORDS_BYTES (DP_NH_MAX * sizeof(struct dp_nh_record))
#define WEIGHT_MAX 256U

/* What control remembers of an index. */
struct dp_nh_record {
	uint32_t n_routes; /* routes that name it */
	uint32_t n_groups; /* memberships */
	uint32_t last;	   /* in use: the last group it joined; free: next free index */
	uint32_t used;
};

/* Pages of these tables come when they are first touched. */
static void *map_zeroed(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

int dp_nh_table_init(struct dp_nh_table *table)
{
	static const uint16_t one_unit = 1;

	memset(table, 0, sizeof(*table));
	table->object = map_zeroed(OBJECT_TABLE_BYTES);
	if (table->object == NULL)
		return -ENOMEM;
	table->records = map_zeroed(RECORDS_BYTES);
	if (table->records == NULL)
		goto free_object;
	if (arena_init(&table->objects, DP_NH_BYTES, &one_unit, 1) != 0)
		goto free_records;
	table->n_fresh = DP_NH_NONE + 1;
	table->records[DP_NH_NONE].used = true;
	return 0;

free_records:
	munmap(table->records, RECORDS_BYTES);
free_object:
	munmap(table->object, OBJECT_TABLE_BYTES);
	return -ENOMEM;
}

void dp_nh_table_fini(struct dp_nh_table *table)
{
	if (table->n_retired != 0)
		dp_publish_synchronize();
	for (uint32_t index = 0; index < table->n_fresh; index++) {
		const struct nh_group *group = dp_nh_get(table, index)->group;

		free((void *)(uintptr_t)group);
	}
	arena_fini(&table->objects);
	munmap(table->records, RECORDS_BYTES);
	munmap(table->object, OBJECT_TABLE_BYTES);
}

static bool exists(const struct dp_nh_table *table, uint32_t index)
{
	return index < table->n_fresh && table->records[index].used;
}

static bool is_group(const struct dp_nh_table *table, uint32_t index)
{
	return dp_nh_get(table, index)->kind == DP_NH_GROUP;
}

static bool members_are_valid(const struct dp_nh_table *table, const struct dp_nexthop *nexthop)
{
	if (nexthop->n_members == 0 || nexthop->n_members > DP_GROUP_MAX)
		return false;
	for (unsigned k = 0; k < nexthop->n_members; k++) {
		uint32_t member = nexthop->members[k];

		if (!exists(table, member) || is_group(table, member))
			return false;
		if (nexthop->weights[k] == 0 || nexthop->weights[k] > WEIGHT_MAX)
			return false;
	}
	return true;
}

static bool is_valid(const struct dp_nh_table *table, const struct dp_nexthop *nexthop)
{
	switch (nexthop->kind) {
	case DP_NH_UNREACHABLE:
	case DP_NH_BLACKHOLE:
	case DP_NH_LOCAL:
	case DP_NH_THROW:
		return true;
	case DP_NH_GLEAN:
	case DP_NH_FORWARD:
		return nexthop->port < DP_ROUTER_PORTS_MAX;
	case DP_NH_GROUP:
		return members_are_valid(table, nexthop);
	}
	return false;
}

/*
 * A routing daemon that loses a path often makes a new group of the others instead of changing the
 * old one. So a new group looks for the one it most likely replaces: the group with most members
 * in common among those that its members joined last.
 */
static const struct nh_group *find_ancestor(const struct dp_nh_table *table,
					    const struct dp_nexthop *nexthop)
{
	const struct nh_group *best = NULL;
	unsigned best_common = 0;

	for (unsigned k = 0; k < nexthop->n_members; k++) {
		uint32_t last = table->records[nexthop->members[k]].last;
		const struct nh_group *group = dp_nh_get(table, last)->group;
		unsigned common = group != NULL ? nh_group_count_common(group, nexthop) : 0;

		if (common > best_common) {
			best = group;
			best_common = common;
		}
	}
	return best;
}

static void write_header(const struct dp_nh_table *table, struct dp_nh *nh, const uint8_t dst[6])
{
	struct rte_ether_hdr *header = (struct rte_ether_hdr *)nh->rewrite;

	memcpy(header->dst_addr.addr_bytes, dst, RTE_ETHER_ADDR_LEN);
	memcpy(header->src_addr.addr_bytes, table->port_mac[nh->port], RTE_ETHER_ADDR_LEN);
}

/* Builds the object of an index; nobody sees it yet. @return its number, 0 without memory */
static uint32_t object_new(struct dp_nh_table *table, uint32_t index,
			   const struct dp_nexthop *nexthop)
{
	uint32_t number = arena_alloc(&table->objects, 1);
	struct dp_nh *nh = arena_at(&table->objects, number);

	if (number == 0)
		return 0;
	*nh = (struct dp_nh){ .kind = (uint8_t)nexthop->kind, .index = index };
	nh->by_kernel = nexthop->by_kernel;
	nh->unused_ports = nexthop->unused_ports;
	if (nexthop->kind == DP_NH_FORWARD || nexthop->kind == DP_NH_GLEAN)
		nh->port = nexthop->port;
	if (nexthop->kind == DP_NH_FORWARD)
		write_header(table, nh, nexthop->dst_mac);
	if (nexthop->kind == DP_NH_GROUP) {
		const struct nh_group *ancestor = dp_nh_get(table, index)->group;

		if (ancestor == NULL)
			ancestor = find_ancestor(table, nexthop);
		nh->group = nh_group_create(nexthop, ancestor);
		if (nh->group == NULL) {
			arena_free(&table->objects, number);
			return 0;
		}
	}
	return number;
}

static void object_free(void *owner, uint64_t number)
{
	struct dp_nh_table *table = owner;
	const struct dp_nh *nh = arena_at(&table->objects, (uint32_t)number);

	free((void *)(uintptr_t)nh->group);
	arena_free(&table->objects, (uint32_t)number);
	table->n_retired--;
}

static void count_members(struct dp_nh_table *table, const struct dp_nh *nh, int change)
{
	if (nh->kind != DP_NH_GROUP)
		return;
	table->n_groups += (uint32_t)change;
	for (unsigned k = 0; k < nh->group->n_members; k++) {
		struct dp_nh_record *record = &table->records[nh->group->members[k]];

		record->n_groups += (uint32_t)change;
		if (change > 0)
			record->last = nh->index;
	}
}

/* Makes an index mean another object. Cannot fail. */
static void publish(struct dp_nh_table *table, uint32_t index, uint32_t number)
{
	uint32_t old = table->object[index];

	count_members(table, arena_at(&table->objects, number), 1);
	count_members(table, arena_at(&table->objects, old), -1);
	__atomic_store_n(&table->object[index], number, __ATOMIC_RELEASE);
	if (old == 0)
		return;
	table->n_retired++;
	dp_publish_defer_item(object_free, table, old);
}

/* @return an index that is not in use, 0 when there is none */
static uint32_t index_take(struct dp_nh_table *table)
{
	uint32_t index;

	if (table->free_head == 0)
		dp_publish_reclaim();
	index = table->free_head;
	if (index != 0) {
		table->free_head = table->records[index].last;
		return index;
	}
	return table->n_fresh < DP_NH_MAX ? table->n_fresh++ : 0;
}

int dp_nh_add(struct dp_nh_table *table, const struct dp_nexthop *nexthop)
{
	uint32_t index, number;

	if (!is_valid(table, nexthop))
		return -EINVAL;
	index = index_take(table);
	if (index == 0)
		return -ENOSPC;
	number = object_new(table, index, nexthop);
	if (number == 0) {
		table->records[index].last = table->free_head;
		table->free_head = index;
		return -ENOMEM;
	}
	table->records[index] = (struct dp_nh_record){ .used = true };
	table->n_used++;
	publish(table, index, number);
	return (int)index;
}

int dp_nh_set(struct dp_nh_table *table, uint32_t index, const struct dp_nexthop *nexthop)
{
	uint32_t number;

	if (!exists(table, index))
		return -ENOENT;
	if (index == DP_NH_NONE || !is_valid(table, nexthop))
		return -EINVAL;
	if (nexthop->kind == DP_NH_GROUP && table->records[index].n_groups != 0)
		return -EINVAL;
	for (unsigned k = 0; nexthop->kind == DP_NH_GROUP && k < nexthop->n_members; k++) {
		if (nexthop->members[k] == index)
			return -EINVAL;
	}
	number = object_new(table, index, nexthop);
	if (number == 0)
		return -ENOMEM;
	publish(table, index, number);
	return 0;
}

static void index_free(void *owner, uint64_t item)
{
	struct dp_nh_table *table = owner;
	uint32_t index = (uint32_t)item, number = table->object[index];

	__atomic_store_n(&table->object[index], 0, __ATOMIC_RELEASE);
	object_free(table, number);
	table->records[index].last = table->free_head;
	table->free_head = index;
}

/*
 * No route leads here any more, but a worker may have followed one a moment ago. The index keeps
 * its meaning until none can: a route that is changed to another nexthop never has a hole.
 */
int dp_nh_del(struct dp_nh_table *table, uint32_t index)
{
	struct dp_nh_record *record;

	if (index == DP_NH_NONE || !exists(table, index))
		return -ENOENT;
	record = &table->records[index];
	if (record->n_routes != 0 || record->n_groups != 0)
		return -EBUSY;
	record->used = false;
	count_members(table, dp_nh_get(table, index), -1);
	table->n_used--;
	table->n_retired++;
	dp_publish_defer_item(index_free, table, index);
	return 0;
}

int dp_nh_describe(const struct dp_nh_table *table, uint32_t index, struct dp_nexthop *nexthop)
{
	const struct dp_nh *nh;

	if (!exists(table, index))
		return -ENOENT;
	nh = dp_nh_get(table, index);
	*nexthop = (struct dp_nexthop){ .kind = (enum dp_nh_kind)nh->kind, .port = nh->port };
	nexthop->by_kernel = nh->by_kernel;
	nexthop->unused_ports = nh->unused_ports;
	memcpy(nexthop->dst_mac, nh->rewrite, sizeof(nexthop->dst_mac));
	if (nh->group == NULL)
		return 0;
	nexthop->n_members = nh->group->n_members;
	memcpy(nexthop->members, nh->group->members, sizeof(nexthop->members));
	memcpy(nexthop->weights, nh->group->weights, sizeof(nexthop->weights));
	return 0;
}

int dp_nh_hold(struct dp_nh_table *table, uint32_t index)
{
	if (!exists(table, index))
		return -ENOENT;
	table->records[index].n_routes++;
	return 0;
}

void dp_nh_release(struct dp_nh_table *table, uint32_t index)
{
	table->records[index].n_routes--;
}

static bool leaves_by(const struct dp_nh_table *table, uint32_t index, unsigned port)
{
	const struct dp_nh *nh = dp_nh_get(table, index);

	return table->records[index].used && nh->kind == DP_NH_FORWARD && nh->port == port;
}

/* Copies every FORWARD object of a port with the new source address into numbers[]. */
static int port_objects_new(struct dp_nh_table *table, unsigned port, const uint8_t mac[6],
			    uint32_t *numbers)
{
	unsigned n = 0;

	for (uint32_t index = 0; index < table->n_fresh; index++) {
		struct rte_ether_hdr *header;
		struct dp_nh *nh;

		if (!leaves_by(table, index, port))
			continue;
		numbers[n] = arena_alloc(&table->objects, 1);
		if (numbers[n] == 0)
			goto free_numbers;
		nh = arena_at(&table->objects, numbers[n++]);
		*nh = *dp_nh_get(table, index);
		header = (struct rte_ether_hdr *)nh->rewrite;
		memcpy(header->src_addr.addr_bytes, mac, RTE_ETHER_ADDR_LEN);
	}
	return 0;

free_numbers:
	while (n != 0)
		arena_free(&table->objects, numbers[--n]);
	return -ENOMEM;
}

int dp_nh_port_mac_set(struct dp_nh_table *table, unsigned port, const uint8_t mac[6])
{
	uint32_t *numbers;
	unsigned n = 0;

	if (port >= DP_ROUTER_PORTS_MAX)
		return -EINVAL;
	numbers = calloc(table->n_fresh, sizeof(*numbers));
	if (numbers == NULL)
		return -ENOMEM;
	if (port_objects_new(table, port, mac, numbers) != 0) {
		free(numbers);
		return -ENOMEM;
	}
	memcpy(table->port_mac[port], mac, sizeof(table->port_mac[port]));
	for (uint32_t index = 0; index < table->n_fresh; index++) {
		if (leaves_by(table, index, port))
			publish(table, index, numbers[n++]);
	}
	free(numbers);
	return 0;
}

uint64_t dp_nh_memory_bytes(const struct dp_nh_table *table)
{
	return arena_memory_bytes(&table->objects) +
	       table->n_fresh * (sizeof(*table->object) + sizeof(*table->records)) +
	       table->n_groups * sizeof(struct nh_group);
}
