// libtorch's random generator belongs to the process and its kernels use every core: test classes run one after another.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
