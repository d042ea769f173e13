#ifndef DATAPLANE_DP_PUBLISH_H
#define DATAPLANE_DP_PUBLISH_H

/**
 * @file
 * Publication and reclamation: what workers may still be reading is freed only after each of them
 * has said that it holds nothing (quiescent-state based reclamation).
 *
 * One domain per process. The control thread unpublishes an object (a release store of whatever
 * replaces it) and hands the old one to dp_publish_defer(); the object is freed by a later call
 * of dp_publish_reclaim(). Readers never wait and never write a line that another reader writes.
 *
 * Without dp_publish_init(), or while no reader is registered, nothing can be reading: deferred
 * work then runs at once.
 */

#include <stdint.h>

#include <rte_rcu_qsbr.h>

#define DP_PUBLISH_READERS_MAX 256U  /**< reader threads of a process */
#define DP_PUBLISH_PENDING_MAX 16384 /**< deferred calls that may wait at the same time */

/**
 * Written by dp_publish_init() and dp_publish_fini() only, before and after readers exist; read by
 * readers, the control thread and callers of dp_publish_wait().
 */
extern struct rte_rcu_qsbr *dp_publish_qsbr;

/**
 * Makes the domain. Control thread; before any reader exists.
 *
 * @param n_readers reader numbers 0 to n_readers - 1 will be usable; 1 to DP_PUBLISH_READERS_MAX
 * @return 0, -EINVAL, -EALREADY, -ENOMEM
 */
int dp_publish_init(unsigned n_readers);

/** Runs what is pending and frees the domain. Control thread; no reader may be registered. */
void dp_publish_fini(void);

/**
 * Admits a reader, which starts offline. Control thread, before the reader's thread calls
 * dp_publish_online().
 *
 * @return 0, -EINVAL (no domain, number out of range), -EEXIST
 */
int dp_publish_register(unsigned reader);

/** Dismisses a reader that is offline. Control thread. @return 0, -EINVAL, -ENOENT */
int dp_publish_unregister(unsigned reader);

/** The calling reader starts to use published objects. */
static inline void dp_publish_online(unsigned reader)
{
	rte_rcu_qsbr_thread_online(dp_publish_qsbr, reader);
}

/** The calling reader holds nothing and will not until it is online again (it may sleep). */
static inline void dp_publish_offline(unsigned reader)
{
	rte_rcu_qsbr_thread_offline(dp_publish_qsbr, reader);
}

/**
 * The calling reader holds no pointer into a published object now. Cheap, but it writes a line
 * that control reads: call it every some hundred loops.
 */
static inline void dp_publish_quiescent(unsigned reader)
{
	rte_rcu_qsbr_quiescent(dp_publish_qsbr, reader);
}

/**
 * Calls fn(arg) in the control thread once no reader can hold what was unpublished before this
 * call. Control thread. Never fails: the queue is of fixed size, and when it is full this waits
 * for the readers as dp_publish_synchronize() does.
 */
void dp_publish_defer(void (*fn)(void *arg), void *arg);

/** As dp_publish_defer(), for one item (an index, say) of an owner that outlives the call. */
void dp_publish_defer_item(void (*fn)(void *owner, uint64_t item), void *owner, uint64_t item);

/** Runs the deferred calls that are safe by now. Control thread; never waits. */
void dp_publish_reclaim(void);

/**
 * Waits until every online reader has been quiescent, then runs everything that was deferred.
 * Control thread, which must not be an online reader.
 */
void dp_publish_synchronize(void);

/**
 * Waits until every online reader has been quiescent, and runs nothing. Any thread that is not an
 * online reader; returns at once without a domain.
 */
void dp_publish_wait(void);

/** Deferred calls that wait. Control thread. */
unsigned dp_publish_pending(void);

#endif
