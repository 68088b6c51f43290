# The way to the proxy's control API on this side of the line. Leaves small files in the working directory.
forward= address= pod= ready=
# How long a port-forward may take to open, in tenths of a second: less where whoever waits would not hear why it failed.
forward_steps=50

pause_ms() {
  [ "$1" -gt 0 ] || return 0
  fraction=$(($1 % 1000))
  case $fraction in ?) fraction=00$fraction ;; ??) fraction=0$fraction ;; esac
  sleep "$(($1 / 1000)).$fraction"
}

find_ready_pods() {
  ready=$($kubectl -n "$service_namespace" get endpointslices -l "kubernetes.io/service-name=$service" --request-timeout=5s \
    -o 'jsonpath={range .items[*]}{range .endpoints[?(@.conditions.ready==true)]}{.targetRef.name}{" "}{end}{end}' 2>find-said) || {
    why=
    { IFS= read -r why <find-said; } 2>/dev/null
    why="the Pod behind Service $service cannot be found: $why"
    return 1
  }
  # In the same order each time, and for whoever else chooses: the first by name.
  ready=$(printf '%s\n' $ready | LC_ALL=C sort | tr '\n' ' ')
}

# Has the control API at $address, by a port-forward to the current ready Pod where a Service stands before the proxy.
reach_control() {
  if [ -z "$service_namespace" ]; then address=$control; return 0; fi
  if [ -n "$forward" ] && [ -e ready-pods ]; then
    read -r ready <ready-pods
    case " $ready " in '  ') ;; *" $pod "*) ;; *) close_forward ;; esac
  fi
  [ -z "$forward" ] || return 0
  find_ready_pods || return 1
  pod=${ready%% *}
  if [ -z "$pod" ]; then why="no ready Pod behind Service $service"; return 1; fi
  : >forward-said
  $kubectl -n "$service_namespace" port-forward --address 127.0.0.1 "pod/$pod" ":$port" </dev/null >forward-said 2>&1 &
  forward=$!
  steps=$forward_steps
  while [ "$steps" -gt 0 ]; do
    steps=$((steps - 1))
    pause_ms 100
    said=
    IFS= read -r said <forward-said || :
    case $said in
      'Forwarding from 127.0.0.1:'*)
        said=${said#*127.0.0.1:}
        address="http://127.0.0.1:${said%% *}"
        return 0
        ;;
    esac
    kill -0 "$forward" 2>/dev/null || break
  done
  close_forward
  why="no port-forward to Pod $pod: ${said:-it did not open}"
  return 1
}

close_forward() {
  [ -n "$forward" ] || return 0
  kill -9 "$forward" 2>/dev/null
  wait "$forward" 2>/dev/null
  forward=
}
