#include "control/plan/arrival.h"

#include "dataplane/dp_config.h"

#include <limits.h>
#include <math.h>

#define ETHER_HDR_BYTES 14
#define NS_PER_S 1e9

int ctl_frame_min_bytes(enum rate_layer layer)
{
	return CTL_FRAME_MIN_BYTES + rate_layer_adjust_bytes(layer);
}

int ctl_frame_max_bytes(enum rate_layer layer, uint16_t mtu_bytes)
{
	return mtu_bytes + ETHER_HDR_BYTES + rate_layer_adjust_bytes(layer);
}

/* Bytes of layer to for each byte of layer from, of the frame for which they are most. */
static double layer_ratio(enum rate_layer from, enum rate_layer to, uint16_t mtu_bytes)
{
	double shortest = (double)ctl_frame_min_bytes(to) / ctl_frame_min_bytes(from);
	double longest = (double)ctl_frame_max_bytes(to, mtu_bytes) /
			 ctl_frame_max_bytes(from, mtu_bytes);

	return shortest > longest ? shortest : longest;
}

static struct ctl_arrival arrival_of_bytes(double burst_bytes, double rate_bytes_s,
					   enum rate_layer layer, uint16_t mtu_bytes)
{
	struct ctl_arrival arrival = {
		.bounded = true,
		.burst_pkts = floor(burst_bytes / ctl_frame_min_bytes(layer)),
		.rate_pps = rate_bytes_s / ctl_frame_min_bytes(layer),
	};

	for (unsigned to = 0; to < CTL_LAYERS; to++) {
		double ratio = layer_ratio(layer, (enum rate_layer)to, mtu_bytes);

		arrival.burst_bytes[to] = burst_bytes * ratio;
		arrival.rate_bytes_s[to] = rate_bytes_s * ratio;
	}
	return arrival;
}

static struct ctl_arrival arrival_of_pkts(double burst_pkts, double rate_pps, uint16_t mtu_bytes)
{
	struct ctl_arrival arrival = { true, burst_pkts, rate_pps, { 0 }, { 0 } };

	for (unsigned to = 0; to < CTL_LAYERS; to++) {
		int longest = ctl_frame_max_bytes((enum rate_layer)to, mtu_bytes);

		arrival.burst_bytes[to] = burst_pkts * longest;
		arrival.rate_bytes_s[to] = rate_pps * longest;
	}
	return arrival;
}

/* Green and yellow together, where yellow passes: by the definitions of the RFCs. */
static void with_yellow(const struct dp_sla *sla, double *burst, double *rate_bps)
{
	switch (sla->kind) {
	case DP_SLA_SINGLE:
		return;
	case DP_SLA_SRTCM: /* RFC 2697: two buckets that share one rate */
		*burst += (double)sla->second_bytes;
		return;
	case DP_SLA_TRTCM: /* RFC 2698: the peak bucket holds both */
		*burst = (double)sla->second_bytes;
		*rate_bps = (double)sla->second_bps;
		return;
	case DP_SLA_TRTCM4115: /* RFC 4115: the excess comes on top */
		*burst += (double)sla->second_bytes;
		*rate_bps += (double)sla->second_bps;
		return;
	}
}

struct ctl_arrival ctl_arrival_of_sla(const struct dp_sla *sla, uint16_t mtu_bytes)
{
	double burst = (double)sla->burst, rate = (double)sla->rate;

	if (sla->actions[POLICER_RED].action != POLICER_DROP)
		return (struct ctl_arrival){ .bounded = false };
	if (sla->unit == RATE_PKTS_PER_S)
		return arrival_of_pkts(burst, rate, mtu_bytes);
	if (sla->actions[POLICER_YELLOW].action != POLICER_DROP)
		with_yellow(sla, &burst, &rate);
	return arrival_of_bytes(burst, rate / CHAR_BIT, sla->layer, mtu_bytes);
}

struct ctl_arrival ctl_arrival_of_link(uint64_t rate_bps, uint16_t mtu_bytes)
{
	return arrival_of_bytes(ctl_frame_max_bytes(RATE_LAYER_L1, mtu_bytes),
				(double)rate_bps / CHAR_BIT, RATE_LAYER_L1, mtu_bytes);
}

struct ctl_arrival ctl_arrival_zero(void)
{
	return (struct ctl_arrival){ .bounded = true };
}

struct ctl_arrival ctl_arrival_sum(const struct ctl_arrival *a, const struct ctl_arrival *b)
{
	struct ctl_arrival sum = {
		true, a->burst_pkts + b->burst_pkts, a->rate_pps + b->rate_pps, { 0 }, { 0 }
	};

	if (!a->bounded || !b->bounded)
		return (struct ctl_arrival){ .bounded = false };
	for (unsigned i = 0; i < CTL_LAYERS; i++) {
		sum.burst_bytes[i] = a->burst_bytes[i] + b->burst_bytes[i];
		sum.rate_bytes_s[i] = a->rate_bytes_s[i] + b->rate_bytes_s[i];
	}
	return sum;
}

struct ctl_arrival ctl_arrival_delayed(const struct ctl_arrival *arrival, double delay_ns)
{
	struct ctl_arrival late = *arrival;

	late.burst_pkts += arrival->rate_pps * delay_ns / NS_PER_S;
	for (unsigned i = 0; i < CTL_LAYERS; i++)
		late.burst_bytes[i] += arrival->rate_bytes_s[i] * delay_ns / NS_PER_S;
	return late;
}
