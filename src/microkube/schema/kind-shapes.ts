/** Shapes of the kinds other than pods. See `shape.ts` for the notation. */
export const kindShapes = `
Namespace apiVersion:str kind:str metadata:ObjectMeta spec:NamespaceSpec status:NamespaceStatus
NamespaceSpec finalizers:[str]
NamespaceStatus phase:str conditions:{type}Condition
Node apiVersion:str kind:str metadata:ObjectMeta spec:NodeSpec status:NodeStatus
NodeSpec podCIDR:str podCIDRs:(str) providerID:str unschedulable:bool taints:[Taint] externalID:str configSource:any
Taint key:str value:str effect:str timeAdded:time
NodeStatus capacity:<qty> allocatable:<qty> phase:str conditions:{type}Condition addresses:{type}NodeAddress daemonEndpoints:any nodeInfo:any images:[any] volumesInUse:[str] volumesAttached:[any] config:any
NodeAddress type:str address:str
Service apiVersion:str kind:str metadata:ObjectMeta spec:ServiceSpec status:ServiceStatus
ServiceSpec ports:{port+protocol=TCP}ServicePort selector:!<str> clusterIP:str clusterIPs:[str] type:str externalIPs:[str] sessionAffinity:str sessionAffinityConfig:any loadBalancerIP:str loadBalancerSourceRanges:[str] loadBalancerClass:str externalName:str externalTrafficPolicy:str internalTrafficPolicy:str healthCheckNodePort:int publishNotReadyAddresses:bool ipFamilies:[str] ipFamilyPolicy:str ipFamily:str topologyKeys:[str] allocateLoadBalancerNodePorts:bool trafficDistribution:str
ServicePort name:str protocol:str appProtocol:str port:int targetPort:intstr nodePort:int
ServiceStatus loadBalancer:any conditions:{type}Condition
Endpoints apiVersion:str kind:str metadata:ObjectMeta subsets:[EndpointSubset]
EndpointSubset addresses:[EndpointAddress] notReadyAddresses:[EndpointAddress] ports:[EndpointPort]
EndpointAddress ip:str hostname:str nodeName:str targetRef:ObjectReference
EndpointPort name:str port:int protocol:str appProtocol:str
EndpointSlice apiVersion:str kind:str metadata:ObjectMeta addressType:str endpoints:[SliceEndpoint] ports:[EndpointPort]
SliceEndpoint addresses:(str) conditions:SliceConditions hostname:str targetRef:ObjectReference topology:<str> deprecatedTopology:<str> nodeName:str zone:str hints:any
SliceConditions ready:bool serving:bool terminating:bool
ConfigMap apiVersion:str kind:str metadata:ObjectMeta data:<str> binaryData:<bytes> immutable:bool
Secret apiVersion:str kind:str metadata:ObjectMeta data:<bytes> stringData:<str> type:str immutable:bool
ServiceAccount apiVersion:str kind:str metadata:ObjectMeta secrets:{name}ObjectReference imagePullSecrets:[LocalRef] automountServiceAccountToken:bool
PersistentVolumeClaim apiVersion:str kind:str metadata:ObjectMeta spec:ClaimSpec status:ClaimStatus
ClaimSpec accessModes:[str] selector:!LabelSelector resources:Resources volumeName:str storageClassName:str volumeMode:str dataSource:TypedRef dataSourceRef:TypedRef volumeAttributesClassName:str
ClaimStatus phase:str accessModes:[str] capacity:<qty> conditions:{type}Condition allocatedResources:<qty> allocatedResourceStatuses:<str>
PersistentVolume apiVersion:str kind:str metadata:ObjectMeta spec:VolumeSpec status:VolumeStatus
VolumeSpec capacity:<qty> accessModes:[str] claimRef:ObjectReference persistentVolumeReclaimPolicy:str storageClassName:str mountOptions:[str] volumeMode:str nodeAffinity:any hostPath:HostPath local:any nfs:any csi:any
VolumeStatus phase:str message:str reason:str lastPhaseTransitionTime:time
Event apiVersion:str kind:str metadata:ObjectMeta involvedObject:ObjectReference reason:str message:str source:EventSource firstTimestamp:time lastTimestamp:time count:int type:str eventTime:micro series:any action:str related:ObjectReference reportingComponent:str reportingInstance:str
EventSource component:str host:str
StatefulSet apiVersion:str kind:str metadata:ObjectMeta spec:StatefulSetSpec status:StatefulSetStatus
StatefulSetSpec replicas:int selector:!LabelSelector template:PodTemplate volumeClaimTemplates:[PersistentVolumeClaim] serviceName:str podManagementPolicy:str updateStrategy:StatefulSetStrategy revisionHistoryLimit:int minReadySeconds:int persistentVolumeClaimRetentionPolicy:ClaimRetention ordinals:Ordinals
StatefulSetStrategy type:str rollingUpdate:StatefulSetRolling
StatefulSetRolling partition:int maxUnavailable:intstr
ClaimRetention whenDeleted:str whenScaled:str
Ordinals start:int
StatefulSetStatus observedGeneration:int replicas:int readyReplicas:int currentReplicas:int updatedReplicas:int availableReplicas:int currentRevision:str updateRevision:str collisionCount:int conditions:{type}Condition
ControllerRevision apiVersion:str kind:str metadata:ObjectMeta data:any revision:int
Deployment apiVersion:str kind:str metadata:ObjectMeta spec:DeploymentSpec status:DeploymentStatus
DeploymentSpec replicas:int selector:!LabelSelector template:PodTemplate strategy:~DeploymentStrategy minReadySeconds:int revisionHistoryLimit:int paused:bool progressDeadlineSeconds:int
DeploymentStrategy type:str rollingUpdate:DeploymentRolling
DeploymentRolling maxUnavailable:intstr maxSurge:intstr
DeploymentStatus observedGeneration:int replicas:int updatedReplicas:int readyReplicas:int availableReplicas:int unavailableReplicas:int collisionCount:int conditions:{type}Condition
ReplicaSet apiVersion:str kind:str metadata:ObjectMeta spec:ReplicaSetSpec status:ReplicaSetStatus
ReplicaSetSpec replicas:int minReadySeconds:int selector:!LabelSelector template:PodTemplate
ReplicaSetStatus replicas:int fullyLabeledReplicas:int readyReplicas:int availableReplicas:int observedGeneration:int conditions:{type}Condition
Job apiVersion:str kind:str metadata:ObjectMeta spec:JobSpec status:JobStatus
JobSpec parallelism:int completions:int activeDeadlineSeconds:int podFailurePolicy:any successPolicy:any backoffLimit:int backoffLimitPerIndex:int maxFailedIndexes:int selector:!LabelSelector manualSelector:bool template:PodTemplate ttlSecondsAfterFinished:int completionMode:str suspend:bool podReplacementPolicy:str managedBy:str
JobStatus conditions:{type}Condition startTime:time completionTime:time active:int succeeded:int failed:int terminating:int ready:int completedIndexes:str failedIndexes:str uncountedTerminatedPods:any
Lease apiVersion:str kind:str metadata:ObjectMeta spec:LeaseSpec
LeaseSpec holderIdentity:str leaseDurationSeconds:int acquireTime:micro renewTime:micro leaseTransitions:int strategy:str preferredHolder:str
PodDisruptionBudget apiVersion:str kind:str metadata:ObjectMeta spec:BudgetSpec status:BudgetStatus
BudgetSpec minAvailable:intstr maxUnavailable:intstr selector:!LabelSelector unhealthyPodEvictionPolicy:str
BudgetStatus observedGeneration:int disruptedPods:<str> disruptionsAllowed:int currentHealthy:int desiredHealthy:int expectedPods:int conditions:{type}Condition
Role apiVersion:str kind:str metadata:ObjectMeta rules:[PolicyRule]
ClusterRole apiVersion:str kind:str metadata:ObjectMeta rules:[PolicyRule] aggregationRule:any
PolicyRule verbs:[str] apiGroups:[str] resources:[str] resourceNames:[str] nonResourceURLs:[str]
RoleBinding apiVersion:str kind:str metadata:ObjectMeta subjects:[Subject] roleRef:RoleRef
ClusterRoleBinding apiVersion:str kind:str metadata:ObjectMeta subjects:[Subject] roleRef:RoleRef
Subject kind:str apiGroup:str name:str namespace:str
RoleRef apiGroup:str kind:str name:str
StorageClass apiVersion:str kind:str metadata:ObjectMeta provisioner:str parameters:<str> reclaimPolicy:str mountOptions:[str] allowVolumeExpansion:bool volumeBindingMode:str allowedTopologies:[any]
NetworkPolicy apiVersion:str kind:str metadata:ObjectMeta spec:any status:any
Scale apiVersion:str kind:str metadata:ObjectMeta spec:ScaleSpec status:ScaleStatus
ScaleSpec replicas:int
ScaleStatus replicas:int selector:str
Eviction apiVersion:str kind:str metadata:ObjectMeta deleteOptions:any
`
