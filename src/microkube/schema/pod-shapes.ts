/** Shapes of metadata, of pods and of all that a pod template holds. See `shape.ts` for the notation. */
export const podShapes = `
ObjectMeta name:str generateName:str namespace:str selfLink:str uid:str resourceVersion:str generation:int creationTimestamp:time deletionTimestamp:time deletionGracePeriodSeconds:int labels:<str> annotations:<str> ownerReferences:{uid}OwnerReference finalizers:(str) managedFields:[any] clusterName:str
OwnerReference apiVersion:str kind:str name:str uid:str controller:bool blockOwnerDeletion:bool
LabelSelector matchLabels:<str> matchExpressions:[Requirement]
Requirement key:str operator:str values:[str]
LocalRef name:str
ObjectReference kind:str namespace:str name:str uid:str apiVersion:str resourceVersion:str fieldPath:str
TypedRef apiGroup:str kind:str name:str namespace:str
Condition type:str status:str reason:str message:str lastTransitionTime:time lastUpdateTime:time lastProbeTime:time lastHeartbeatTime:time observedGeneration:int
Pod apiVersion:str kind:str metadata:ObjectMeta spec:PodSpec status:PodStatus
PodTemplate metadata:ObjectMeta spec:PodSpec
PodSpec volumes:{name}Volume initContainers:{name}Container containers:{name}Container ephemeralContainers:{name}Container restartPolicy:str terminationGracePeriodSeconds:int activeDeadlineSeconds:int dnsPolicy:str nodeSelector:!<str> serviceAccountName:str serviceAccount:str automountServiceAccountToken:bool nodeName:str hostNetwork:bool hostPID:bool hostIPC:bool hostUsers:bool shareProcessNamespace:bool securityContext:PodSecurityContext imagePullSecrets:{name}LocalRef hostname:str subdomain:str setHostnameAsFQDN:bool affinity:Affinity schedulerName:str tolerations:[Toleration] hostAliases:{ip}HostAlias priorityClassName:str priority:int preemptionPolicy:str dnsConfig:DnsConfig readinessGates:[ReadinessGate] runtimeClassName:str enableServiceLinks:bool overhead:<qty> topologySpreadConstraints:{topologyKey+whenUnsatisfiable}TopologySpread schedulingGates:{name}LocalRef resourceClaims:{name}any os:LocalRef resources:Resources
TopologySpread maxSkew:int minDomains:int topologyKey:str whenUnsatisfiable:str labelSelector:!LabelSelector matchLabelKeys:[str] nodeAffinityPolicy:str nodeTaintsPolicy:str
Toleration key:str operator:str value:str effect:str tolerationSeconds:int
HostAlias ip:str hostnames:[str]
DnsConfig nameservers:[str] searches:[str] options:[DnsOption]
DnsOption name:str value:str
ReadinessGate conditionType:str
Affinity nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAffinity
NodeAffinity requiredDuringSchedulingIgnoredDuringExecution:NodeSelector preferredDuringSchedulingIgnoredDuringExecution:[NodePreference]
NodeSelector nodeSelectorTerms:[NodeTerm]
NodeTerm matchExpressions:[Requirement] matchFields:[Requirement]
NodePreference weight:int preference:NodeTerm
PodAffinity requiredDuringSchedulingIgnoredDuringExecution:[PodTerm] preferredDuringSchedulingIgnoredDuringExecution:[PodPreference]
PodTerm labelSelector:!LabelSelector namespaceSelector:!LabelSelector namespaces:[str] topologyKey:str matchLabelKeys:[str] mismatchLabelKeys:[str]
PodPreference weight:int podAffinityTerm:PodTerm
PodSecurityContext runAsUser:int runAsGroup:int runAsNonRoot:bool supplementalGroups:[int] supplementalGroupsPolicy:str fsGroup:int fsGroupChangePolicy:str seLinuxOptions:SeLinux seccompProfile:Profile appArmorProfile:Profile sysctls:[DnsOption] windowsOptions:any
SeLinux user:str role:str type:str level:str
Profile type:str localhostProfile:str
SecurityContext runAsUser:int runAsGroup:int runAsNonRoot:bool privileged:bool readOnlyRootFilesystem:bool allowPrivilegeEscalation:bool procMount:str capabilities:Capabilities seLinuxOptions:SeLinux seccompProfile:Profile appArmorProfile:Profile windowsOptions:any
Capabilities add:[str] drop:[str]
Container name:str image:str command:[str] args:[str] workingDir:str ports:{containerPort+protocol=TCP}ContainerPort envFrom:[EnvFrom] env:{name}EnvVar resources:Resources resizePolicy:[any] volumeMounts:{mountPath}VolumeMount volumeDevices:{devicePath}VolumeDevice livenessProbe:Probe readinessProbe:Probe startupProbe:Probe lifecycle:Lifecycle restartPolicy:str terminationMessagePath:str terminationMessagePolicy:str imagePullPolicy:str securityContext:SecurityContext stdin:bool stdinOnce:bool tty:bool targetContainerName:str
ContainerPort name:str containerPort:int hostPort:int protocol:str hostIP:str
EnvFrom prefix:str configMapRef:OptionalRef secretRef:OptionalRef
OptionalRef name:str optional:bool
EnvVar name:str value:str valueFrom:EnvSource
EnvSource fieldRef:!FieldRef resourceFieldRef:!ResourceFieldRef configMapKeyRef:!KeyRef secretKeyRef:!KeyRef
FieldRef apiVersion:str fieldPath:str
ResourceFieldRef containerName:str resource:str divisor:qty
KeyRef name:str key:str optional:bool
Resources limits:<qty> requests:<qty> claims:{name}LocalRef
VolumeMount name:str readOnly:bool recursiveReadOnly:str mountPath:str subPath:str subPathExpr:str mountPropagation:str
VolumeDevice name:str devicePath:str
Probe exec:Exec httpGet:HttpGet tcpSocket:TcpSocket grpc:Grpc initialDelaySeconds:int timeoutSeconds:int periodSeconds:int successThreshold:int failureThreshold:int terminationGracePeriodSeconds:int
Lifecycle postStart:Handler preStop:Handler stopSignal:str
Handler exec:Exec httpGet:HttpGet tcpSocket:TcpSocket sleep:Sleep
Sleep seconds:int
Exec command:[str]
HttpGet path:str port:intstr host:str scheme:str httpHeaders:[DnsOption]
TcpSocket port:intstr host:str
Grpc port:int service:str
Volume name:str emptyDir:EmptyDir persistentVolumeClaim:ClaimSource configMap:ConfigMapSource secret:SecretSource downwardAPI:DownwardSource projected:Projected hostPath:HostPath nfs:any csi:any ephemeral:any image:any
EmptyDir medium:str sizeLimit:qty
ClaimSource claimName:str readOnly:bool
ConfigMapSource name:str items:[KeyToPath] defaultMode:int optional:bool
SecretSource secretName:str items:[KeyToPath] defaultMode:int optional:bool
KeyToPath key:str path:str mode:int
DownwardSource items:[DownwardItem] defaultMode:int
DownwardItem path:str fieldRef:!FieldRef resourceFieldRef:!ResourceFieldRef mode:int
Projected sources:[Projection] defaultMode:int
Projection configMap:ConfigMapSource secret:SecretProjection downwardAPI:DownwardSource serviceAccountToken:TokenProjection
SecretProjection name:str items:[KeyToPath] optional:bool
TokenProjection audience:str expirationSeconds:int path:str
HostPath path:str type:str
PodStatus phase:str conditions:{type}Condition message:str reason:str nominatedNodeName:str hostIP:str hostIPs:[any] podIP:str podIPs:{ip}PodIp startTime:time initContainerStatuses:[any] containerStatuses:[any] ephemeralContainerStatuses:[any] qosClass:str observedGeneration:int resize:str
PodIp ip:str
`
