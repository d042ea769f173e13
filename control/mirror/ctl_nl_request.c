#include "control/mirror/ctl_nl_request.h"

bool ctl_nl_requests_send(struct ctl_nl *nl, struct ctl_rib *rib, unsigned max, uint64_t *errors)
{
	struct ctl_rib_request request;
	unsigned n;

	for (n = 0; n < max && ctl_rib_request_take(rib, &request); n++) {
		struct ctl_nl_use use = { .ifindex = request.ifindex,
					  .addr = request.addr,
					  .flags = request.flags,
					  .create = request.kind == CTL_RIB_MANAGE,
					  .manage = request.kind == CTL_RIB_MANAGE };

		if (ctl_nl_neigh_use(nl, &use) < 0)
			(*errors)++;
		/* In case that the entry was there and only its message was missed. */
		if (request.kind == CTL_RIB_MANAGE)
			ctl_nl_neigh_get(nl, request.ifindex, &request.addr);
	}
	return n == max;
}
