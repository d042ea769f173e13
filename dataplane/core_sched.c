#include "dataplane/core_sched.h"

#include <string.h>

void core_sched_init(struct core_sched *sched, uint64_t round_tsc, uint64_t slice_tsc)
{
	memset(sched, 0, sizeof(*sched));
	sched->round_tsc = round_tsc;
	sched->slice_tsc = slice_tsc;
}

void core_sched_quantum_set(struct core_sched *sched, unsigned slot, uint64_t quantum_tsc)
{
	__atomic_store_n(&sched->slots[slot].quantum_tsc, quantum_tsc, __ATOMIC_RELEASE);
	if (slot >= sched->n_slots)
		__atomic_store_n(&sched->n_slots, slot + 1, __ATOMIC_RELEASE);
}

static uint64_t quantum_get(const struct core_sched *sched, unsigned slot)
{
	return __atomic_load_n(&sched->slots[slot].quantum_tsc, __ATOMIC_ACQUIRE);
}

/* Rounds until a place in debt has a balance above 0. */
static int64_t rounds_needed(const struct core_sched_slot *slot, int64_t quantum_tsc)
{
	return -slot->balance_tsc / quantum_tsc + 1;
}

/*
 * Whoever is in the circle is in debt. Pays the quanta of the rounds that pass before the one where
 * one of them is not.
 *
 * @return false when nobody is in the circle
 */
static bool rounds_skip(struct core_sched *sched, unsigned n)
{
	int64_t rounds = INT64_MAX;
	unsigned i;

	for (i = 0; i < n; i++) {
		int64_t quantum_tsc = (int64_t)quantum_get(sched, i), needed;

		if (quantum_tsc == 0 || sched->slots[i].due_tsc != 0)
			continue;
		needed = rounds_needed(&sched->slots[i], quantum_tsc);
		rounds = needed < rounds ? needed : rounds;
	}
	for (i = 0; i < n && rounds != INT64_MAX; i++) {
		if (sched->slots[i].due_tsc == 0)
			sched->slots[i].balance_tsc += (rounds - 1) *
						       (int64_t)quantum_get(sched, i);
	}
	return rounds != INT64_MAX;
}

/* The next place that may have a turn; each one on the way gets its quantum. */
static unsigned visit_next(struct core_sched *sched, unsigned n, bool in_circle)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		struct core_sched_slot *slot;
		uint64_t quantum_tsc;

		sched->current = sched->current + 1 < n ? sched->current + 1 : 0;
		slot = &sched->slots[sched->current];
		quantum_tsc = quantum_get(sched, sched->current);
		if (quantum_tsc == 0) {
			slot->balance_tsc = 0; /* whoever comes next owes nothing, */
			slot->due_tsc = 0;     /* and begins in the circle */
			continue;
		}
		if ((slot->due_tsc == 0) != in_circle)
			continue;
		if (!in_circle)
			return sched->current;
		slot->balance_tsc += (int64_t)quantum_tsc;
		if (slot->balance_tsc > 0)
			return sched->current;
	}
	return CORE_SCHED_NONE;
}

/* Who is outside the circle and due, if anybody is; until_tsc is of the others then. */
static unsigned due_take(struct core_sched *sched, unsigned n, uint64_t now_tsc)
{
	int64_t first_tsc = INT64_MAX, second_tsc = INT64_MAX;
	unsigned i, first = CORE_SCHED_NONE;

	for (i = 0; i < n; i++) {
		int64_t in_tsc = (int64_t)(sched->slots[i].due_tsc - now_tsc);

		if (sched->slots[i].due_tsc == 0 || quantum_get(sched, i) == 0)
			continue;
		if (in_tsc >= first_tsc) {
			second_tsc = in_tsc < second_tsc ? in_tsc : second_tsc;
			continue;
		}
		second_tsc = first_tsc;
		first_tsc = in_tsc;
		first = i;
	}
	sched->until_tsc = now_tsc + (uint64_t)(first_tsc <= 0 ? second_tsc : first_tsc);
	return first_tsc <= 0 ? first : CORE_SCHED_NONE;
}

static unsigned slice_next(struct core_sched *sched, unsigned n, uint64_t now_tsc)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		sched->current = sched->current + 1 < n ? sched->current + 1 : 0;
		if (quantum_get(sched, sched->current) == 0)
			continue;
		sched->until_tsc = now_tsc + sched->slice_tsc;
		return sched->current;
	}
	return CORE_SCHED_NONE;
}

unsigned core_sched_advance(struct core_sched *sched, uint64_t now_tsc)
{
	unsigned n = __atomic_load_n(&sched->n_slots, __ATOMIC_ACQUIRE), slot;

	if (sched->slice_tsc != 0)
		return slice_next(sched, n, now_tsc);
	slot = due_take(sched, n, now_tsc);
	if (slot != CORE_SCHED_NONE)
		return slot;
	if (sched->slots[sched->current].balance_tsc > 0 && quantum_get(sched, sched->current) != 0)
		return sched->current;
	slot = visit_next(sched, n, true);
	if (slot == CORE_SCHED_NONE)
		slot = visit_next(sched, n, rounds_skip(sched, n));
	return slot;
}

void core_sched_charge_idle(struct core_sched *sched, unsigned slot, uint64_t now_tsc,
			    uint64_t spent_tsc)
{
	struct core_sched_slot *charged = &sched->slots[slot];
	uint64_t quantum_tsc = quantum_get(sched, slot), others_tsc = 0;

	charged->spent_tsc += spent_tsc;
	/* outside the circle nobody pays quanta; the one that passed meanwhile is worth this turn */
	charged->balance_tsc += (int64_t)quantum_tsc - (int64_t)spent_tsc;
	if (charged->balance_tsc > 0)
		charged->balance_tsc = 0;
	if (sched->slice_tsc != 0)
		return;
	if (quantum_tsc < sched->round_tsc)
		others_tsc = sched->round_tsc - quantum_tsc;
	charged->due_tsc = now_tsc + others_tsc;
	if (charged->due_tsc == 0)
		charged->due_tsc = 1;
	if ((int64_t)(charged->due_tsc - sched->until_tsc) < 0)
		sched->until_tsc = charged->due_tsc;
}
