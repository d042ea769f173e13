#ifndef PERF_ARP_H
#define PERF_ARP_H

/**
 * @file
 * As much of RFC 826 as a generator needs: asking for the MAC of the router, and answering a
 * router that asks for ours, on ports behind which no kernel does it.
 */

#include <stdbool.h>
#include <stdint.h>

#define PERF_ARP_FRAME_BYTES 60U

/** Writes a broadcast request for target. Addresses in host byte order. */
void perf_arp_request(uint8_t frame[PERF_ARP_FRAME_BYTES], const uint8_t mac[6], uint32_t sender,
		      uint32_t target);

/**
 * Turns a request in a frame into the reply that makes mac the target's, in place.
 *
 * @return false when the frame is no request, or a probe or announcement (RFC 5227), which an
 * answer would turn into an address conflict
 */
bool perf_arp_answer(uint8_t *frame, uint32_t bytes, const uint8_t mac[6]);

/** Whether a frame says that address is at a MAC, and at which. */
bool perf_arp_tells(const uint8_t *frame, uint32_t bytes, uint32_t address, uint8_t mac[6]);

#endif
