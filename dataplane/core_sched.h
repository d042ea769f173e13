#ifndef DATAPLANE_CORE_SCHED_H
#define DATAPLANE_CORE_SCHED_H

/**
 * @file
 * Which of the routers of one core has the next turn. Pure: time is an argument, no DPDK, no heap.
 *
 * Deficit round robin over time (Shreedhar, Varghese 1996, as "surplus" round robin: nobody knows
 * what a turn will cost). The routers are visited in a circle. At its visit a router gets its
 * quantum, and has turns while its balance is above 0 and its turns find something to do. Every
 * turn is charged with what it took, whatever it did with its packets; what the last turn takes
 * beyond the quantum is a debt. Who finds nothing to do keeps no balance: time cannot be saved up.
 *
 * Of the time that all routers need together each has its quantum's part. Between two visits of a
 * router all others together have at most their quanta and the overrun of one turn each; a router
 * without debt waits no longer. In debt it misses visits until the quanta have paid for it. When
 * all are in debt, the rounds that nobody would be served in are not walked but counted.
 *
 * A round of many routers of which few have work is short, and would be spent on looking at those
 * without. So whoever found nothing leaves the circle and gets single turns, one each time that the
 * quanta of all others could have passed, which it may have to wait in any case. It is back when one
 * of them found something, and in debt by that turn. When nobody is in the circle all have such
 * turns one after the other.
 *
 * Time slices: each router in its turn has the core for a fixed time, whether it has work or not.
 */

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/** Routers of one core. */
#define CORE_SCHED_SLOTS 64U
/** Nobody has a turn. */
#define CORE_SCHED_NONE UINT_MAX

/** A place in the circle. */
struct core_sched_slot {
	uint64_t quantum_tsc; /**< writer: control; reader: worker, acquire; 0: nobody is here */
	int64_t balance_tsc;  /**< writer and reader: worker */
	uint64_t due_tsc;     /**< not 0: found nothing, and has a turn then; worker */
	uint64_t spent_tsc;   /**< in turns, of all time; writer: worker; reader: control */
};

/** The circle of one core. */
struct core_sched {
	uint64_t round_tsc; /**< what all quanta make together at most; constant, as is the next */
	uint64_t slice_tsc; /**< 0: deficit round robin */
	unsigned n_slots;   /**< ever used; writer: control; reader: worker, acquire */

	/* Writer and reader: worker. */
	unsigned current;
	uint64_t until_tsc; /**< end of the slice, or the first due_tsc */

	struct core_sched_slot slots[CORE_SCHED_SLOTS];
};

/** Makes an empty circle; times as in the struct. Before a worker knows it. */
void core_sched_init(struct core_sched *sched, uint64_t round_tsc, uint64_t slice_tsc);

/**
 * Gives a place a quantum, or 0 to take its router out of the circle. Control thread; the worker
 * follows from its next turn on.
 */
void core_sched_quantum_set(struct core_sched *sched, unsigned slot, uint64_t quantum_tsc);

/** Looks for the next visit; see core_sched_next(). */
unsigned core_sched_advance(struct core_sched *sched, uint64_t now_tsc);

/**
 * Who has the next turn. Worker.
 *
 * @return a place that has a quantum, or CORE_SCHED_NONE when there is none
 */
static inline unsigned core_sched_next(struct core_sched *sched, uint64_t now_tsc)
{
	const struct core_sched_slot *slot = &sched->slots[sched->current];
	bool stays = (int64_t)(sched->until_tsc - now_tsc) > 0 &&
		     (slot->balance_tsc > 0 || sched->slice_tsc != 0);

	if (stays && __atomic_load_n(&slot->quantum_tsc, __ATOMIC_ACQUIRE) != 0)
		return sched->current;
	return core_sched_advance(sched, now_tsc);
}

/** Charges a turn that found nothing, and ends the visit; see core_sched_charge(). */
void core_sched_charge_idle(struct core_sched *sched, unsigned slot, uint64_t now_tsc,
			    uint64_t spent_tsc);

/**
 * Charges a turn that found something to do. Worker.
 *
 * @param spent_tsc what it took; without time that the host took
 */
static inline void core_sched_charge(struct core_sched *sched, unsigned slot, uint64_t spent_tsc)
{
	struct core_sched_slot *charged = &sched->slots[slot];

	charged->spent_tsc += spent_tsc;
	charged->balance_tsc -= (int64_t)spent_tsc;
	charged->due_tsc = 0;
}

#endif
