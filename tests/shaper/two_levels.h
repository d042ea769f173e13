#ifndef TESTS_SHAPER_TWO_LEVELS_H
#define TESTS_SHAPER_TWO_LEVELS_H

/* A port with two classes, one of them before the other. */

#include "tests/shaper/port.h"

/* 1 GHz clock, 8 Gbit/s: one byte per tick. Frames of 1496 are 1500 bytes in L2. */
#define HZ 1000000000ULL
#define BYTE_PER_TICK 8000000000ULL
#define FRAME 1496U
#define LEN 1500U

static inline struct shaper_params two_levels(void)
{
	struct shaper_params params = port_params(HZ, BYTE_PER_TICK, 3 * LEN + 18);

	params.nclasses = 2;
	params.classes[1] = params.classes[0];
	params.classes[1].level = 1;
	return params;
}

static inline void offer_one(struct port *port, uint64_t now_ticks, uint64_t number,
			     uint32_t frame_len, uint32_t class_index, uint8_t flags)
{
	struct shaper_pkt pkt = port_pkt(number, frame_len, class_index);

	pkt.flags = flags;
	port_offer(port, now_ticks, &pkt, 1);
}

#endif
