#include "control/mirror/ctl_rib_tables.h"

#include <errno.h>

#include <linux/rtnetlink.h>

static const struct ctl_trie *trie_of(const struct ctl_rib *rib, uint32_t number)
{
	struct ctl_rib_table *table = ctl_rib_table_of(rib, ctl_rib_route_at(rib, number));

	return &table->routes[number >= CTL_RIB_IPV6_NUMBERS];
}

struct ctl_addr ctl_rib_route_prefix(const struct ctl_rib *rib, uint32_t number)
{
	return ctl_trie_addr(trie_of(rib, number), &ctl_rib_route_at(rib, number)->leaf);
}

static uint32_t head_find(const struct ctl_rib *rib, uint32_t id, const struct ctl_addr *prefix,
			  uint8_t depth)
{
	struct ctl_rib_table *table = ctl_rib_table_find(rib, id);

	return table ? ctl_trie_find(ctl_rib_table_routes(table, prefix->family), prefix, depth)
		     : 0;
}

struct ctl_rib_route *ctl_rib_route_find(const struct ctl_rib *rib, uint32_t id,
					 const struct ctl_addr *prefix, uint8_t depth)
{
	uint32_t head = head_find(rib, id, prefix, depth);

	return head ? ctl_rib_route_at(rib, head) : NULL;
}

uint32_t ctl_rib_route_head(const struct ctl_rib *rib, uint32_t number)
{
	const struct ctl_trie *trie = trie_of(rib, number);
	const struct ctl_trie_leaf *leaf = &ctl_rib_route_at(rib, number)->leaf;
	struct ctl_addr prefix = ctl_trie_addr(trie, leaf);

	return ctl_trie_find(trie, &prefix, leaf->depth);
}

uint32_t ctl_rib_route_scan(const struct ctl_rib *rib, uint32_t *at)
{
	uint32_t number = ctl_pool_next(&ctl_rib_family_at(rib, *at)->route_pool, at);

	if (*at < CTL_RIB_IPV6_NUMBERS &&
	    ctl_pool_is_end(&ctl_rib_family(rib, AF_INET)->route_pool, *at) && !number)
		*at = CTL_RIB_IPV6_NUMBERS;
	return number;
}

bool ctl_rib_route_is_end(const struct ctl_rib *rib, uint32_t at)
{
	return at >= CTL_RIB_IPV6_NUMBERS &&
	       ctl_pool_is_end(&ctl_rib_family(rib, AF_INET6)->route_pool, at);
}

bool ctl_rib_route_is_doomed(const struct ctl_rib *rib, const struct ctl_rib_route *route)
{
	return ctl_rib_set_at(rib, route->set)->work == CTL_RIB_DELETE_ROUTES ||
	       (ctl_rib_table_of(rib, route) == rib->main &&
		ctl_rib_source_is_doomed(rib, route->source));
}

static void route_mark_seen(const struct ctl_rib *rib, struct ctl_rib_route *route)
{
	route->gen = (uint16_t)rib->gen;
	route->audit = rib->audit;
}

static void route_free(struct ctl_rib *rib, uint32_t number)
{
	struct ctl_rib_route *route = ctl_rib_route_at(rib, number);
	struct ctl_rib_set *set = ctl_rib_set_at(rib, route->set);

	if (route->source)
		ctl_rib_source_put(rib, route->source);
	/* Those of a doomed set count no more already. */
	if (set->work != CTL_RIB_DELETE_ROUTES)
		rib->n_routes--;
	if (rib->told == number)
		rib->told = 0;
	ctl_rib_list_set_unlink(rib, number);
	ctl_pool_free(&ctl_rib_family_at(rib, number)->route_pool, number);
	ctl_rib_set_put(rib, set);
}

void ctl_rib_route_delete(struct ctl_rib *rib, uint32_t number)
{
	const struct ctl_rib_route *route = ctl_rib_route_at(rib, number);
	struct ctl_rib_table *table = ctl_rib_table_of(rib, route);
	uint32_t head = ctl_rib_route_head(rib, number);

	if (head == number && !route->next)
		ctl_rib_fib_remove(rib, number);
	else
		ctl_rib_fib_refresh(rib, ctl_rib_list_unlink(rib, head, number));
	route_free(rib, number);
	ctl_rib_table_put(rib, table);
}

/* The kernel's tables have none of the doomed routes of a prefix: no message means one of them. */
static void prefix_reap(struct ctl_rib *rib, const struct ctl_nl_route *msg)
{
	uint32_t at = head_find(rib, msg->table, &msg->prefix, msg->depth);

	while (at) {
		const struct ctl_rib_route *route = ctl_rib_route_at(rib, at);
		uint32_t next = route->next;

		if (ctl_rib_route_is_doomed(rib, route))
			ctl_rib_route_delete(rib, at);
		at = next;
	}
}

static bool route_is_same(const struct ctl_rib *rib, const struct ctl_rib_route *route,
			  const struct ctl_nl_route *msg, const struct ctl_rib_set *set)
{
	struct ctl_addr source = ctl_rib_source_addr(rib, route->source);

	/* The type of a route over an object is the object's. */
	return (route->type == msg->type || set->nexthop) && route->protocol == msg->protocol &&
	       route->scope == msg->scope && ctl_addr_equal(&source, &msg->prefsrc) &&
	       ctl_rib_set_is_same(ctl_rib_set_at(rib, route->set), set);
}

static uint32_t first_equal(const struct ctl_rib *rib, uint32_t head,
			    const struct ctl_nl_route *msg)
{
	while (head && ctl_rib_route_order(ctl_rib_route_at(rib, head), msg) != 0)
		head = ctl_rib_route_at(rib, head)->next;
	return head;
}

static uint32_t find_same(const struct ctl_rib *rib, uint32_t head, const struct ctl_nl_route *msg,
			  const struct ctl_rib_set *set)
{
	uint32_t at = first_equal(rib, head, msg);

	while (at && ctl_rib_route_order(ctl_rib_route_at(rib, at), msg) == 0) {
		if (route_is_same(rib, ctl_rib_route_at(rib, at), msg, set))
			return at;
		at = ctl_rib_route_at(rib, at)->next;
	}
	return 0;
}

/*
 * The route that a message is of, or whose place its takes; 0 when it is one more. An IPv6 route may
 * take the place of another though there is the same already: the kernel then has it twice.
 */
static uint32_t find_old(const struct ctl_rib *rib, uint32_t head, const struct ctl_nl_route *msg,
			 const struct ctl_rib_set *set, bool replace)
{
	uint32_t same;

	if (msg->prefix.family == AF_INET6 && replace)
		return ctl_rib_sibling_replaced(rib, head, msg, true);
	same = find_same(rib, head, msg, set);
	if (same)
		return same;
	if (msg->prefix.family == AF_INET6)
		return ctl_rib_sibling_replaced(rib, head, msg, false);
	return replace ? first_equal(rib, head, msg) : 0;
}

static void route_fill(struct ctl_rib *rib, struct ctl_rib_route *route,
		       const struct ctl_nl_route *msg)
{
	const struct ctl_rib_source *source = NULL;
	uint32_t old = route->source;

	route->type = msg->type;
	route->protocol = msg->protocol;
	route->scope = msg->scope;
	if (msg->prefsrc.family != AF_UNSPEC) {
		source = ctl_rib_source_get(rib, &msg->prefsrc);
		rib->suspect |= !source;
	}
	route->source = source ? source->number : 0;
	if (old)
		ctl_rib_source_put(rib, old);
}

static int route_add(struct ctl_rib *rib, uint32_t head, const struct ctl_nl_route *msg,
		     struct ctl_rib_set *set, bool dump)
{
	struct ctl_rib_family *family = ctl_rib_family(rib, msg->prefix.family);
	struct ctl_rib_table *table = ctl_rib_table_find(rib, msg->table);
	uint32_t number = ctl_pool_alloc(&family->route_pool);
	struct ctl_rib_route *route;

	if (!number)
		return -ENOMEM;
	if (!head && ctl_rib_table_insert(table, number, &msg->prefix, msg->depth) < 0) {
		ctl_pool_free(&family->route_pool, number);
		return -ENOMEM;
	}
	route = ctl_rib_route_at(rib, number);
	route->leaf.depth = msg->depth;
	route->leaf.value = table->number & CTL_TRIE_VALUE_MAX;
	memcpy(route->key, msg->prefix.bytes, ctl_addr_len(msg->prefix.family));
	route->metric = msg->metric;
	route->tos = msg->tos;
	route_mark_seen(rib, route);
	route_fill(rib, route, msg);
	ctl_rib_list_set_link(rib, number, set);
	rib->n_routes++;
	if (head)
		ctl_rib_list_link(rib, head, number, msg, dump);
	if (dump)
		rib->told = number;
	ctl_rib_fib_refresh(rib, ctl_rib_route_head(rib, number));
	return 0;
}

/* A route that is there already, or is replaced. In a dump it takes the place that it has there. */
static void route_update(struct ctl_rib *rib, uint32_t head, uint32_t number,
			 const struct ctl_nl_route *msg, struct ctl_rib_set *set, bool dump)
{
	struct ctl_rib_route *route = ctl_rib_route_at(rib, number);
	struct ctl_rib_set *old = ctl_rib_set_at(rib, route->set);
	bool moves = dump && (route->next || head != number) &&
		     !ctl_rib_list_has_told(rib, head, number, msg);

	if (moves) {
		head = ctl_rib_list_unlink(rib, head, number);
		ctl_rib_list_link(rib, head, number, msg, true);
		head = ctl_rib_route_head(rib, number);
	}
	route_mark_seen(rib, route);
	route_fill(rib, route, msg);
	if (old != set) {
		ctl_rib_list_set_unlink(rib, number);
		ctl_rib_list_set_link(rib, number, set);
	}
	if (old != set || moves)
		ctl_rib_fib_refresh(rib, head);
	ctl_rib_set_put(rib, old);
	if (dump)
		rib->told = number;
}

static int route_learn(struct ctl_rib *rib, const struct ctl_nl_route *msg, bool dump)
{
	uint32_t head = head_find(rib, msg->table, &msg->prefix, msg->depth);
	struct ctl_rib_set *set = ctl_rib_route_set_of(rib, msg);
	uint32_t number;
	int rc = 0;

	if (!set)
		return -ENOMEM;
	set->pins++;
	number = find_old(rib, head, msg, set, msg->replace && !dump);
	if (number)
		route_update(rib, head, number, msg, set, dump);
	else
		rc = route_add(rib, head, msg, set, dump);
	set->pins--;
	ctl_rib_set_put(rib, set);
	return rc;
}

/* An IPv6 route loses some of its paths. */
static int route_shrink(struct ctl_rib *rib, uint32_t head, uint32_t number,
			const struct ctl_rib_set_key *key)
{
	struct ctl_rib_route *route = ctl_rib_route_at(rib, number);
	struct ctl_rib_set *old = ctl_rib_set_at(rib, route->set);
	struct ctl_rib_set *set;

	if (key->n_paths == 0) {
		ctl_rib_route_delete(rib, number);
		return 0;
	}
	set = ctl_rib_set_get(rib, key);
	if (!set)
		return -ENOMEM;
	ctl_rib_list_set_unlink(rib, number);
	ctl_rib_list_set_link(rib, number, set);
	ctl_rib_fib_refresh(rib, head);
	ctl_rib_set_put(rib, old);
	/* What is left of it may come behind its equals now. */
	rib->suspect |= route->next || head != number;
	return 0;
}

/*
 * Without one that is the same some paths of an IPv6 route may be meant. Anything else was gone here
 * before the kernel told, and another route of this table, TOS and metric is none of the message's
 * affair; or something was missed.
 */
static int route_forget_unlike(struct ctl_rib *rib, uint32_t head, const struct ctl_nl_route *msg)
{
	struct ctl_rib_set_key key;
	uint32_t number = 0;

	if (msg->prefix.family == AF_INET6)
		number = ctl_rib_sibling_rest(rib, head, msg, &key);
	if (number)
		return route_shrink(rib, head, number, &key);
	rib->suspect = true;
	return 0;
}

static int route_forget(struct ctl_rib *rib, const struct ctl_nl_route *msg)
{
	uint32_t head = head_find(rib, msg->table, &msg->prefix, msg->depth);
	struct ctl_rib_set *set;
	uint32_t same;
	int rc = 0;

	if (!first_equal(rib, head, msg))
		return 0;
	set = ctl_rib_route_set_of(rib, msg);
	if (!set)
		return -ENOMEM;
	set->pins++;
	same = find_same(rib, head, msg, set);
	if (same)
		ctl_rib_route_delete(rib, same);
	else
		rc = route_forget_unlike(rib, head, msg);
	set->pins--;
	ctl_rib_set_put(rib, set);
	return rc;
}

/*
 * The local route of an address is the last that goes with it (fib_del_ifaddr()). Routes that
 * prefer it as their source go as well, silently, unless it is local by another route. IPv4 only.
 */
static void source_gone(struct ctl_rib *rib, const struct ctl_addr *addr)
{
	uint32_t cover = ctl_trie_match(&rib->local->routes[0], addr, 32);

	if ((!cover || ctl_rib_route_at(rib, cover)->type != RTN_LOCAL) &&
	    !ctl_rib_addr_is_local(rib, addr))
		ctl_rib_purge_source(rib, addr);
	ctl_rib_work_little(rib);
}

void ctl_rib_route_clear(struct ctl_rib *rib)
{
	uint32_t at = 0;

	while (!ctl_rib_route_is_end(rib, at)) {
		uint32_t number = ctl_rib_route_scan(rib, &at);

		if (number)
			ctl_rib_route_delete(rib, number);
	}
}

bool ctl_rib_route_is_followed(const struct ctl_nl_route *msg)
{
	enum ctl_rib_kind kind;

	/* What is of one link only never reaches the FIB. */
	if (msg->prefix.family == AF_INET6 &&
	    ((msg->depth >= 8 && ctl_addr_is_multicast(&msg->prefix)) ||
	     (msg->depth >= 10 && ctl_addr_is_link_local(&msg->prefix))))
		return false;
	return ctl_rib_route_kind(msg->type, &kind);
}

int ctl_rib_apply_route(struct ctl_rib *rib, const struct ctl_nl_route *msg, bool dump)
{
	const struct ctl_diff_key key = { .kind = CTL_DIFF_ROUTE,
					  .addr = msg->prefix,
					  .depth = msg->depth };
	struct ctl_rib_table *table;
	int rc;

	if (!ctl_rib_route_is_followed(msg))
		return -ENOMSG;
	table = msg->removed ? ctl_rib_table_find(rib, msg->table)
			     : ctl_rib_table_get(rib, msg->table);
	if (!table)
		return -ENOMSG;
	ctl_diffs_touch(&rib->diffs, &key);
	/* what goes through the table now must not be its end */
	table->n_users++;
	if (ctl_rib_has_work(rib))
		prefix_reap(rib, msg);
	rc = msg->removed ? route_forget(rib, msg) : route_learn(rib, msg, dump);
	table->n_users--;
	ctl_rib_table_put(rib, table);
	ctl_rib_policy_refresh(rib);
	if (rc < 0)
		rib->suspect = true;
	if (msg->removed && msg->type == RTN_LOCAL && msg->depth == 32 &&
	    msg->prefix.family == AF_INET)
		source_gone(rib, &msg->prefix);
	return rc;
}
