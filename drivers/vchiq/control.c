// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ: messages of the protocol itself.
 *
 * Each may come at any time, as often as the VPU likes. What makes no sense is counted.
 */
#include <linux/bitfield.h>

#include "vchiq.h"

/* Under the lock of the rxq. */
static void control_connect(struct ferry_vchiq *vc)
{
	if (vc->greeted) {
		vchiq_rx_odd(vc, VCHIQ_ODD_CONNECT);
		return;
	}
	vc->greeted = true;
	complete(&vc->connected);
}

static void control_pause(struct ferry_vchiq *vc)
{
	if (vc->pausing) {
		vchiq_rx_odd(vc, VCHIQ_ODD_PAUSE);
		return;
	}
	vc->pausing = true;
	vchiq_post(vc, VCHIQ_PAUSE, 0, 0, NULL, 0);
}

/* One that comes before our answer to the pause is none. */
static void control_resume(struct ferry_vchiq *vc)
{
	if (!READ_ONCE(vc->tx.paused)) {
		vchiq_rx_odd(vc, VCHIQ_ODD_RESUME);
		return;
	}
	vc->pausing = false;
	WRITE_ONCE(vc->tx.paused, false);
	ferry_txq_ready(&vc->txq);
}

static void control_use(struct ferry_vchiq *vc)
{
	WRITE_ONCE(vc->uses, vc->uses + 1);
	vchiq_post(vc, VCHIQ_REMOTE_USE_ACTIVE, 0, 0, NULL, 0);
}

static void control_release(struct ferry_vchiq *vc)
{
	if (!vc->uses)
		vchiq_rx_odd(vc, VCHIQ_ODD_RELEASE);
	else
		WRITE_ONCE(vc->uses, vc->uses - 1);
}

/* Under the lock of the rxq. @payload: private, @size bytes, no more than any needs. */
void vchiq_control_take(struct ferry_vchiq *vc, u32 msgid, const void *payload, u32 size)
{
	u16 src = FIELD_GET(VCHIQ_ID_SRC, msgid);
	u16 dst = FIELD_GET(VCHIQ_ID_DST, msgid);

	switch (FIELD_GET(VCHIQ_ID_TYPE, msgid)) {
	case VCHIQ_CONNECT:
		control_connect(vc);
		break;
	case VCHIQ_OPEN:
		vchiq_listen_asked(vc, src, payload, size);
		break;
	case VCHIQ_OPENACK:
		vchiq_service_acked(vc, src, dst, payload, size);
		break;
	case VCHIQ_CLOSE:
		vchiq_service_closed(vc, src, dst);
		break;
	case VCHIQ_PAUSE:
		control_pause(vc);
		break;
	case VCHIQ_RESUME:
		control_resume(vc);
		break;
	case VCHIQ_REMOTE_USE:
		control_use(vc);
		break;
	case VCHIQ_REMOTE_RELEASE:
		control_release(vc);
		break;
	case VCHIQ_BULK_RX_DONE:
		vchiq_rx_bulk(vc, msgid, true, payload, size);
		break;
	case VCHIQ_BULK_TX_DONE:
		vchiq_rx_bulk(vc, msgid, false, payload, size);
		break;
	case VCHIQ_BULK_RX:
	case VCHIQ_BULK_TX:
		vchiq_rx_odd(vc, VCHIQ_ODD_BULK);	/* only the host asks */
		break;
	default:
		vchiq_rx_odd(vc, VCHIQ_ODD_TYPE);
		break;
	}
}
