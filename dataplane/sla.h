#ifndef DATAPLANE_SLA_H
#define DATAPLANE_SLA_H

/**
 * @file
 * A service level in the terms of the policer. Control thread only.
 */

#include "dataplane/dp_sla.h"

/**
 * Whether a packet's length alone decides: one bucket, within it pass, beyond it drop. Everything
 * else colours, remarks or counts, and has to wait until the packet was parsed.
 */
static inline bool sla_needs_length_only(const struct dp_sla *sla)
{
	return sla->kind == DP_SLA_SINGLE && sla->actions[POLICER_GREEN].action == POLICER_PASS &&
	       sla->actions[POLICER_RED].action == POLICER_DROP;
}

/** Whether two SLAs, each of which may be absent, police differently. Names and delays do not count. */
bool sla_policing_differs(bool has_a, const struct dp_sla *a, bool has_b, const struct dp_sla *b);

/**
 * Fills the policer's parameters of an SLA.
 *
 * @param mtu_bytes largest IP packet that it will see
 */
void sla_policer_spec(const struct dp_sla *sla, uint16_t mtu_bytes, struct policer_spec *spec);

#endif
