# kubectl under the name it has on the far side; k3s brings its own, and keeps its kubeconfig where no other kubectl looks.
kubectl=
if command -v kubectl >/dev/null 2>&1; then kubectl=kubectl; elif command -v k3s >/dev/null 2>&1; then kubectl='k3s kubectl'; fi
if [ -z "${KUBECONFIG:-}" ] && [ ! -e "${HOME:-}/.kube/config" ] && [ -r /etc/rancher/k3s/k3s.yaml ]; then
  export KUBECONFIG=/etc/rancher/k3s/k3s.yaml
fi
