#include "control/plan/core.h"

#include <math.h>

#define NS_PER_S 1e9

/* What the other ports of a router take while one is served. */
struct ports {
	double once_ns;	     /* whatever the number of turns is */
	double each_turn_ns; /* in every turn */
	double share;	     /* of all time that passes */
};

/* What the other routers of the core take. */
struct routers {
	double slowdown; /* time that passes for each ns of the own work */
	double once_ns;
};

static double full_burst_ns(const struct ctl_core *core, const struct ctl_core_port *port)
{
	return CTL_TURN_PKTS * port->turn_pkt_cycles / core->hz * NS_PER_S;
}

static struct ports ports_of(const struct ctl_core *core, unsigned port, bool by_profile)
{
	const struct ctl_core_port *own = &core->ports[port];
	struct ports ports = { 0 };

	for (unsigned i = 0; i < core->n; i++) {
		const struct ctl_core_port *other = &core->ports[i];
		double pkt_ns = other->pkt_cycles / core->hz * NS_PER_S;

		if (i == port || other->router != own->router)
			continue;
		ports.once_ns += full_burst_ns(core, other);
		if (!by_profile || !other->in.bounded) {
			ports.each_turn_ns += full_burst_ns(core, other);
			continue;
		}
		ports.each_turn_ns += CTL_TURN_PKTS * other->drop_cycles / core->hz * NS_PER_S;
		ports.once_ns += other->in.burst_pkts * pkt_ns;
		ports.share += other->in.rate_pps * pkt_ns / NS_PER_S;
	}
	return ports;
}

static struct routers routers_of(const struct ctl_core *core, unsigned port)
{
	const struct ctl_core_port *own = &core->ports[port];
	double quanta_ns = 0, debt_ns = 0, overruns_ns = 0;

	for (unsigned i = 0; i < core->n; i++) {
		const struct ctl_core_port *other = &core->ports[i];

		if (other->router == own->router) {
			debt_ns += full_burst_ns(core, other);
			continue;
		}
		overruns_ns += full_burst_ns(core, other);
		if (i == 0 || core->ports[i - 1].router != other->router)
			quanta_ns += other->quantum_ns;
	}
	if (quanta_ns <= 0)
		return (struct routers){ .slowdown = 1 };
	return (struct routers){
		.slowdown = 1 + quanta_ns / own->quantum_ns,
		.once_ns = (debt_ns / own->quantum_ns + 1) * quanta_ns + overruns_ns,
	};
}

/* Everything for a burst of so many packets that take so long themselves. */
static void wait_of(const struct ctl_core *core, const struct ports *ports,
		    const struct routers *routers, double pkts, double burst_ns,
		    struct ctl_core_wait *wait)
{
	double fixed_ns = burst_ns + ports->once_ns +
			  ceil(pkts / CTL_TURN_PKTS) * ports->each_turn_ns;
	double total_ns = (core->gap_ns + fixed_ns * routers->slowdown + routers->once_ns) /
			  (1 - ports->share * routers->slowdown);
	double work_ns = fixed_ns + ports->share * total_ns;

	wait->gap_ns = core->gap_ns;
	wait->burst_ns = burst_ns;
	wait->ports_ns = work_ns - burst_ns;
	wait->routers_ns = fmax(total_ns - core->gap_ns - work_ns, 0);
}

double ctl_core_wait_ns(const struct ctl_core_wait *wait)
{
	return wait->gap_ns + wait->routers_ns + wait->ports_ns + wait->burst_ns;
}

static void wait_by(const struct ctl_core *core, unsigned port, bool by_profile,
		    struct ctl_core_wait *wait)
{
	const struct ctl_core_port *own = &core->ports[port];
	struct ports ports = ports_of(core, port, by_profile);
	struct routers routers = routers_of(core, port);
	double own_ns = own->pkt_cycles / core->hz * NS_PER_S;
	double pkt_ns = (own_ns + ports.each_turn_ns / CTL_TURN_PKTS) * routers.slowdown;
	double left = 1 - ports.share * routers.slowdown;

	*wait = (struct ctl_core_wait){ .stable = left > 0 &&
						  own->in.rate_pps * pkt_ns / NS_PER_S <= left };
	if (!wait->stable)
		return;
	/* that of a burst which is empty, but for the turn that it begins in */
	wait_of(core, &ports, &routers, 1, 0, wait);
	wait->latency_ns = ctl_core_wait_ns(wait);
	wait->pkt_ns = pkt_ns / left;
	wait_of(core, &ports, &routers, own->in.burst_pkts, fmax(own->in.burst_pkts, 1) * own_ns,
		wait);
}

void ctl_core_wait_get(const struct ctl_core *core, unsigned port, struct ctl_core_wait *wait)
{
	struct ctl_core_wait by_turns;

	wait_by(core, port, true, wait);
	wait_by(core, port, false, &by_turns);
	if (by_turns.stable &&
	    (!wait->stable || ctl_core_wait_ns(&by_turns) < ctl_core_wait_ns(wait)))
		*wait = by_turns;
}

double ctl_core_load_cycles_s(const struct ctl_core *core)
{
	double cycles_s = 0;

	for (unsigned i = 0; i < core->n; i++)
		cycles_s += core->ports[i].in.rate_pps * core->ports[i].pkt_cycles;
	return cycles_s;
}
