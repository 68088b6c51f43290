# One look at a Job: itself, its Pods, their events and the node, as one JSON object in $observed. Needs a function `ask`.
known_pods= found_node=null node_age=10

# The items of a list without what changes with every other object of the cluster.
items_of_answer() {
  items=${answer#*'"items":'}
  items=${items%\}}
  case $items in '['*) ;; *) items='[]' ;; esac
}

look() {
  ask "/apis/batch/v1/namespaces/$namespace/jobs/$job" || return 1
  found_job=null
  [ "$code" != 200 ] || found_job=$answer
  ask "/api/v1/namespaces/$namespace/pods?labelSelector=job-name%3D$job" || return 1
  items_of_answer
  found_pods=$items
  names=
  for name in $(printf '%s' "$found_pods" | grep -o '"metadata":{"name":"[^"]*"' | cut -d '"' -f 6); do
    case " $known_pods " in *" $name "*) ;; *) known_pods="$known_pods $name" ;; esac
  done
  found_events=
  for name in $job $known_pods; do
    ask "/api/v1/namespaces/$namespace/events?fieldSelector=involvedObject.name%3D$name" || return 1
    items_of_answer
    items=${items#\[}
    items=${items%\]}
    [ -z "$items" ] || found_events="$found_events${found_events:+,}$items"
  done
  if [ "$node_age" -ge 10 ]; then
    node_age=0
    # A node that cannot be read, for want of rights, tells nothing; the rest still does.
    if ask "/api/v1/nodes/$node" && [ "$code" = 200 ]; then found_node=$answer; fi
  fi
  node_age=$((node_age + 1))
  observed="{\"job\":$found_job,\"pods\":$found_pods,\"events\":[$found_events],\"node\":$found_node}"
}
