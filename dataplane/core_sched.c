#include "dataplane/core_sched.h"

#include <string.h>

void core_sched_init(struct core_sched *sched, uint64_t slice_tsc)
{
	memset(sched, 0, sizeof(*sched));
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

/* Everybody is in debt: pays the quanta of the rounds that pass before the one where one is not. */
static void rounds_skip(struct core_sched *sched, unsigned n)
{
	int64_t rounds = INT64_MAX;
	unsigned i;

	for (i = 0; i < n; i++) {
		int64_t quantum_tsc = (int64_t)quantum_get(sched, i), needed;

		if (quantum_tsc == 0)
			continue;
		needed = rounds_needed(&sched->slots[i], quantum_tsc);
		rounds = needed < rounds ? needed : rounds;
	}
	for (i = 0; i < n && rounds != INT64_MAX; i++)
		sched->slots[i].balance_tsc += (rounds - 1) * (int64_t)quantum_get(sched, i);
}

/* The next place that may have a turn; each one on the way gets its quantum. */
static unsigned visit_next(struct core_sched *sched, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		struct core_sched_slot *slot;
		uint64_t quantum_tsc;

		sched->current = sched->current + 1 < n ? sched->current + 1 : 0;
		slot = &sched->slots[sched->current];
		quantum_tsc = quantum_get(sched, sched->current);
		if (quantum_tsc == 0) {
			slot->balance_tsc = 0; /* whoever comes next owes nothing */
			continue;
		}
		slot->balance_tsc += (int64_t)quantum_tsc;
		if (slot->balance_tsc > 0)
			return sched->current;
	}
	return CORE_SCHED_NONE;
}

static unsigned slice_next(struct core_sched *sched, unsigned n, uint64_t now_tsc)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		sched->current = sched->current + 1 < n ? sched->current + 1 : 0;
		if (quantum_get(sched, sched->current) == 0)
			continue;
		sched->slice_end_tsc = now_tsc + sched->slice_tsc;
		return sched->current;
	}
	return CORE_SCHED_NONE;
}

unsigned core_sched_advance(struct core_sched *sched, uint64_t now_tsc)
{
	unsigned n = __atomic_load_n(&sched->n_slots, __ATOMIC_ACQUIRE), slot;

	if (sched->slice_tsc != 0)
		return slice_next(sched, n, now_tsc);
	slot = visit_next(sched, n);
	if (slot != CORE_SCHED_NONE)
		return slot;
	rounds_skip(sched, n);
	return visit_next(sched, n);
}
