#include "dataplane/turn.h"

#include "dataplane/class_table.h"
#include "dataplane/punt.h"
#include "dataplane/rules.h"
#include "dataplane/stage.h"
#include "dataplane/steer.h"

#include <rte_cycles.h>

static unsigned queue_receive(struct dp_router *router, struct port *port, uint16_t queue,
			      uint64_t turn_tsc)
{
	struct stage_burst burst; /* its arrays are written before they are read */
	unsigned received;
	uint8_t rpf;

	burst.router = router;
	burst.port = port;
	burst.queue = queue;
	burst.n_rescued = 0;
	received = stage_rx(&burst, turn_tsc);
	if (burst.n == 0)
		return received;
	if (port->has_police && !router->police_late) {
		stage_police(&burst);
		if (burst.n == 0)
			return received;
	}
	stage_parse(&burst);
	if (router->classes != NULL)
		stage_class(&burst);
	else if (port->has_police && router->police_late)
		stage_police(&burst);
	stage_route(&burst);
	rpf = __atomic_load_n(&port->rpf, __ATOMIC_RELAXED);
	if (unlikely(rpf != DP_RPF_OFF || rules_get(router->routing, false) != NULL))
		stage_rpf(&burst, (enum dp_rpf)rpf);
	stage_rewrite(&burst);
	return received;
}

/* Where the device steers control traffic, that comes first. */
static unsigned port_receive(struct dp_router *router, struct port *port, uint64_t turn_tsc)
{
	unsigned handled = 0;

	if (unlikely(__atomic_load_n(&port->steered, __ATOMIC_ACQUIRE)))
		handled = queue_receive(router, port, STEER_QUEUE, turn_tsc);
	return handled + queue_receive(router, port, 0, turn_tsc);
}

unsigned turn_serve(struct dp_router *router, uint64_t now_tsc)
{
	unsigned handled = stage_inject(router, now_tsc), i;

	for (i = 0; i < router->n_ports; i++)
		handled += port_receive(router, &router->ports[i], now_tsc);
	for (i = 0; i < router->n_ports; i++) {
		struct port *port = &router->ports[i];

		/* reading the clock costs as much as a stage for several packets */
		handled += stage_tx(router, port, stage_tx_waits(port) ? rte_rdtsc() : now_tsc);
	}
	return handled;
}

void turn_refresh(struct dp_router *router, uint64_t now_tsc)
{
	unsigned i;

	if (router->classes != NULL)
		class_table_refresh(router->classes, now_tsc);
	for (i = 0; i < router->n_ports; i++) {
		struct port *port = &router->ports[i];

		if (port->has_marker)
			policer_state_refresh(&port->marker, &port->marker_state, now_tsc);
		if (port->has_police)
			policer_bucket_refresh(&port->police, &port->police_bucket, now_tsc);
		policer_bucket_refresh(&port->rescue, &port->rescue_bucket, now_tsc);
		policer_bucket_refresh(&port->rescue, &port->rescue_neigh_bucket, now_tsc);
		punt_port_refresh(router, port, now_tsc);
	}
}
