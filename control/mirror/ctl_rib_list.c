/* The lists that a route is in: those of its prefix, in order of preference, and of its set. */

#include "control/mirror/ctl_rib_tables.h"

/* The order in which the kernel tries routes of one table and prefix: TOS, then metric. */
int ctl_rib_route_order(const struct ctl_rib_route *route, const struct ctl_nl_route *msg)
{
	if (route->tos != msg->tos)
		return route->tos > msg->tos ? -1 : 1;
	if (route->metric != msg->metric)
		return route->metric < msg->metric ? -1 : 1;
	return 0;
}

/* The first of the routes that are equals of a message, and before it those that come earlier. */
struct place {
	uint32_t before; /* the last one that the kernel tries earlier, 0: none */
	uint32_t first;	 /* the first equal, 0 without */
};

static struct place equals_find(const struct ctl_rib *rib, uint32_t head,
				const struct ctl_nl_route *msg)
{
	struct place place = { .first = head };

	while (place.first) {
		const struct ctl_rib_route *route = ctl_rib_route_at(rib, place.first);
		int order = ctl_rib_route_order(route, msg);

		if (order == 0)
			return place;
		if (order > 0)
			break;
		place.before = place.first;
		place.first = route->next;
	}
	place.first = 0;
	return place;
}

/* Whether a route is among the equals from first on, up to the last one that a dump has told. */
static bool is_told(const struct ctl_rib *rib, const struct place *place, uint32_t number)
{
	const struct ctl_rib_route *last;

	if (!rib->told || !place->first)
		return false;
	last = ctl_rib_route_at(rib, rib->told);
	for (uint32_t at = place->first; at; at = ctl_rib_route_at(rib, at)->next) {
		const struct ctl_rib_route *route = ctl_rib_route_at(rib, at);

		if (route->tos != last->tos || route->metric != last->metric)
			return false;
		if (at == number)
			return true;
		if (at == rib->told)
			return false;
	}
	return false;
}

/*
 * The route behind which a new one goes among those of its prefix; 0: before all. Among its equals
 * it goes behind them when it was appended, as it always is in IPv6, before them otherwise. A dump
 * tells equals one after the other, in their order: the first goes before all that we have, each
 * further one behind the one told last. What came by a notification meanwhile gets its place there
 * as well when the dump comes to it.
 */
static uint32_t place_of(const struct ctl_rib *rib, uint32_t head, const struct ctl_nl_route *msg,
			 bool dump)
{
	struct place place = equals_find(rib, head, msg);

	if (dump)
		return is_told(rib, &place, rib->told) ? rib->told : place.before;
	if (!msg->append && msg->prefix.family != AF_INET6)
		return place.before;
	while (place.first && ctl_rib_route_order(ctl_rib_route_at(rib, place.first), msg) == 0) {
		place.before = place.first;
		place.first = ctl_rib_route_at(rib, place.first)->next;
	}
	return place.before;
}

bool ctl_rib_list_has_told(const struct ctl_rib *rib, uint32_t head, uint32_t number,
			   const struct ctl_nl_route *msg)
{
	struct place place = equals_find(rib, head, msg);

	return is_told(rib, &place, rib->told) && is_told(rib, &place, number);
}

/* Makes another route of a prefix the first one. */
static void head_move(struct ctl_rib *rib, uint32_t from, uint32_t to)
{
	struct ctl_rib_table *table = ctl_rib_table_of(rib, ctl_rib_route_at(rib, from));

	ctl_trie_replace(&table->routes[from >= CTL_RIB_IPV6_NUMBERS], from, to);
}

void ctl_rib_list_link(struct ctl_rib *rib, uint32_t head, uint32_t number,
		       const struct ctl_nl_route *msg, bool dump)
{
	struct ctl_rib_route *route = ctl_rib_route_at(rib, number);
	uint32_t last = place_of(rib, head, msg, dump);

	if (last) {
		route->next = ctl_rib_route_at(rib, last)->next;
		ctl_rib_route_at(rib, last)->next = number;
		return;
	}
	route->next = head;
	head_move(rib, head, number);
}

uint32_t ctl_rib_list_unlink(struct ctl_rib *rib, uint32_t head, uint32_t number)
{
	struct ctl_rib_route *route = ctl_rib_route_at(rib, number);
	struct ctl_rib_route *at = ctl_rib_route_at(rib, head);

	if (head == number) {
		head = route->next;
		head_move(rib, number, head);
	} else {
		while (at->next != number)
			at = ctl_rib_route_at(rib, at->next);
		at->next = route->next;
	}
	route->next = 0;
	return head;
}

void ctl_rib_list_set_link(struct ctl_rib *rib, uint32_t number, struct ctl_rib_set *set)
{
	struct ctl_rib_route *route = ctl_rib_route_at(rib, number);

	route->by_set_prev = 0;
	route->by_set_next = set->routes;
	if (set->routes)
		ctl_rib_route_at(rib, set->routes)->by_set_prev = number;
	set->routes = number;
	set->n_routes++;
	route->set = set->number;
}

void ctl_rib_list_set_unlink(struct ctl_rib *rib, uint32_t number)
{
	struct ctl_rib_route *route = ctl_rib_route_at(rib, number);
	struct ctl_rib_set *set = ctl_rib_set_at(rib, route->set);

	if (set->refresh_at == number)
		set->refresh_at = route->by_set_next;
	if (route->by_set_next)
		ctl_rib_route_at(rib, route->by_set_next)->by_set_prev = route->by_set_prev;
	if (route->by_set_prev)
		ctl_rib_route_at(rib, route->by_set_prev)->by_set_next = route->by_set_next;
	else
		set->routes = route->by_set_next;
	set->n_routes--;
}
