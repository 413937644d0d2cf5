set -euo pipefail
mkdir -p ~/.kube
echo "${kubeconfig}" | base64 -d > ~/.kube/config
kubectl -n "${namespace}" set image "deployment/${service}" "${service}=${image}:${tag}"
kubectl -n "${namespace}" rollout status "deployment/${service}" --timeout=180s || {
  kubectl -n "${namespace}" rollout undo "deployment/${service}"
  exit 1
}
# parameters: kubeconfig namespace service image tag
