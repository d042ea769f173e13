/*
 * What concerns many routes at once, carried out in pieces: the routes of doomed sets, those that
 * prefer a source that is gone, those to be looked at again, and those that a synchronisation did
 * not see. Until a route has its turn the data path sends its packets to the kernel, which decides
 * right, or where they went before.
 */

#include "control/mirror/ctl_rib_tables.h"

#include <linux/rtnetlink.h>

#define LITTLE 256U /* routes; some hundred microseconds */

static void work_begin(struct ctl_rib *rib, struct ctl_rib_set *set, enum ctl_rib_set_work work)
{
	if (set->work == CTL_RIB_NO_WORK)
		TAILQ_INSERT_TAIL(&rib->work, set, work_list);
	set->work = work;
}

void ctl_rib_set_work_end(struct ctl_rib *rib, struct ctl_rib_set *set)
{
	if (set->work != CTL_RIB_NO_WORK)
		TAILQ_REMOVE(&rib->work, set, work_list);
	set->work = CTL_RIB_NO_WORK;
}

void ctl_rib_set_refresh_routes(struct ctl_rib *rib, struct ctl_rib_set *set)
{
	if (set->routes == 0 || set->work == CTL_RIB_DELETE_ROUTES)
		return;
	set->refresh_at = set->routes;
	work_begin(rib, set, CTL_RIB_REFRESH_ROUTES);
}

void ctl_rib_set_doom(struct ctl_rib *rib, struct ctl_rib_set *set)
{
	const struct ctl_rib_set_key nothing = { .family = set->family,
						 .kind = CTL_RIB_UNREACHABLE };

	if (set->hashed)
		ctl_hash_remove(&rib->sets, &set->node);
	set->hashed = false;
	set->nexthop = NULL;
	rib->n_routes -= set->n_routes;
	work_begin(rib, set, CTL_RIB_DELETE_ROUTES);
	set->pins++;
	ctl_rib_set_assign(rib, set, &nothing);
	set->pins--;
	ctl_rib_set_put(rib, set);
}

/* One route of a set with work. */
static void set_step(struct ctl_rib *rib, struct ctl_rib_set *set)
{
	uint32_t number;

	if (set->work == CTL_RIB_DELETE_ROUTES && set->routes != 0) {
		ctl_rib_route_delete(rib, set->routes);
		return;
	}
	if (set->work == CTL_RIB_DELETE_ROUTES || set->refresh_at == 0) {
		ctl_rib_set_work_end(rib, set);
		ctl_rib_set_put(rib, set);
		return;
	}
	number = set->refresh_at;
	set->refresh_at = ctl_rib_route_at(rib, number)->by_set_next;
	ctl_rib_fib_refresh(rib, ctl_rib_route_head(rib, number));
}

static void source_step(struct ctl_rib *rib)
{
	uint32_t number = ctl_rib_route_scan(rib, &rib->purge_at);

	if (number && ctl_rib_route_is_doomed(rib, ctl_rib_route_at(rib, number))) {
		ctl_rib_route_delete(rib, number);
		rib->purges++;
	}
	if (!ctl_rib_route_is_end(rib, rib->purge_at))
		return;
	/* Routes of the local table keep theirs. */
	while (!LIST_EMPTY(&rib->doomed_sources)) {
		struct ctl_rib_source *source = LIST_FIRST(&rib->doomed_sources);

		LIST_REMOVE(source, list);
		source->doomed = false;
	}
}

static void sweep_step(struct ctl_rib *rib)
{
	uint32_t number = ctl_rib_route_scan(rib, &rib->sweep_at);

	if (number && ctl_rib_route_at(rib, number)->gen != (uint16_t)rib->gen) {
		ctl_rib_route_delete(rib, number);
		rib->swept++;
	}
	if (!ctl_rib_route_is_end(rib, rib->sweep_at))
		return;
	rib->sweeping = false;
	ctl_rib_nexthop_sweep(rib);
	ctl_rib_neigh_sweep(rib);
	ctl_rib_addr_sweep(rib);
	ctl_rib_link_sweep(rib);
}

bool ctl_rib_has_work(const struct ctl_rib *rib)
{
	return !TAILQ_EMPTY(&rib->work) || !LIST_EMPTY(&rib->doomed_sources);
}

bool ctl_rib_work(struct ctl_rib *rib, unsigned n)
{
	for (; n > 0; n--) {
		if (!TAILQ_EMPTY(&rib->work))
			set_step(rib, TAILQ_FIRST(&rib->work));
		else if (!LIST_EMPTY(&rib->doomed_sources))
			source_step(rib);
		else if (rib->sweeping)
			sweep_step(rib);
		else
			break;
	}
	ctl_rib_policy_refresh(rib);
	return ctl_rib_has_work(rib) || rib->sweeping;
}

void ctl_rib_work_little(struct ctl_rib *rib)
{
	ctl_rib_work(rib, LITTLE);
}
