# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# On the stock kernel: ferry_rpmsg finds rpmsg as it was built for, and the bus follows the
# link.

on_bus() { [ -e "/sys/bus/rpmsg/devices/$1" ]; }
off_bus() { ! on_bus "$@"; }

modprobe ferry_rpmsg || exit 1
modprobe ferry_sim_keembay || exit 1
modprobe ferry_keembay || exit 1
wait_for link_is keembay state running || exit 1
wait_for on_bus keembay.rpmsg_ctrl.0.0 || exit 1
echo stop >/sys/class/ferry/keembay/state || exit 1
wait_for off_bus keembay.rpmsg_ctrl.0.0 || exit 1
echo start >/sys/class/ferry/keembay/state || exit 1
wait_for on_bus keembay.rpmsg_ctrl.0.0 || exit 1
rmmod ferry_rpmsg || exit 1
off_bus keembay.rpmsg_ctrl.0.0 || exit 1
modprobe ferry_rpmsg || exit 1
wait_for on_bus keembay.rpmsg_ctrl.0.0 || exit 1
unload_all || exit 1
off_bus keembay.rpmsg_ctrl.0.0
