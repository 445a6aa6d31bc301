import { HEIGHT, number, timeSeries, UNITS, type Row } from "./panels.ts";

/**
 * How network policies are enforced, from what Calico's Felix exposes on each node. Felix counts no packet that a policy drops:
 * that is a part of Calico's products that are not open source.
 *
 * @see https://docs.tigera.io/calico/latest/reference/felix/prometheus
 */
export function networkRows(): Row[] {
  const rate = "$__rate_interval";
  return [
    {
      height: HEIGHT.number,
      panels: [
        number("Nodes", 'count(up{job="felix"} == 1)'),
        number("Policies", "max(felix_cluster_num_policies)", {
          description: "Network policies that Felix knows of in the whole cluster.",
        }),
        number("Policies in force", "sum(felix_active_local_policies)", {
          description: "Those that hold for a pod, counted on each node.",
        }),
        number("Pods with policies", "sum(felix_active_local_endpoints)"),
        number("Nodes behind", "sum(felix_resync_state < bool 3)", {
          description: "Nodes that have not read all policies yet: the old ones hold there.",
          bad: 1,
        }),
      ],
    },
    {
      height: HEIGHT.chart,
      panels: [
        timeSeries({
          title: "Time to apply changes (99th percentile)",
          description: "From a changed policy or pod to the rules of the node.",
          source: "prometheus",
          unit: UNITS.seconds,
          queries: [{ expr: 'felix_int_dataplane_apply_time_seconds{quantile="0.99"}', legend: "{{instance}}" }],
        }),
        timeSeries({
          title: "Failures",
          description: "Rules that could not be written, per second. Felix tries again until it succeeds.",
          source: "prometheus",
          queries: [
            {
              expr: `sum by (instance) (rate(felix_int_dataplane_failures[${rate}]))`,
              legend: "{{instance}}: changes",
            },
            { expr: `sum by (instance) (rate(felix_iptables_restore_errors[${rate}]))`, legend: "{{instance}}: rules" },
            {
              expr: `sum by (instance) (rate(felix_ipset_errors[${rate}]))`,
              legend: "{{instance}}: sets of addresses",
            },
          ],
        }),
        timeSeries({
          title: "Rules and sets",
          source: "prometheus",
          queries: [
            { expr: "sum by (instance) (felix_iptables_rules)", legend: "{{instance}}: rules" },
            { expr: "sum by (instance) (felix_ipsets_calico)", legend: "{{instance}}: sets of addresses" },
          ],
        }),
      ],
    },
  ];
}
