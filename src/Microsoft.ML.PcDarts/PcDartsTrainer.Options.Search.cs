namespace Microsoft.ML.PcDarts;

public sealed partial class PcDartsTrainer
{
    /// <content>The search, and the trials of its candidates.</content>
    public sealed partial class Options
    {
        /// <summary>
        /// File of a supernet that the search starts from instead of a random one: what <see cref="PcDartsRun.SaveSupernet"/> wrote, a
        /// checkpoint of a search, or a state dict that PyTorch saved of <c>Network</c> of the paper's model_search.py. Channels C, K,
        /// cells, nodes and stem are the file's, and the network that is trained gets its stem too. α and β are the file's where it holds
        /// them, else they start as usual; the classifier starts from random weights unless the number of classes is the same. The
        /// optimizers, learning rates and warm-up epochs begin as in any search, so with α and β of the file consider 0 for
        /// <see cref="SearchWarmUpEpochs"/>. Not with <see cref="Genotype"/> or <see cref="InitialModel"/>, which skip the search. Default
        /// null: from scratch.
        /// </summary>
        public string? InitialSupernet;

        /// <summary>
        /// Share of the part of <see cref="TimeBudget"/> left after reading that the search may take: 0.05 to 0.9. Default 0.08.
        /// </summary>
        public double SearchTimeShare = 0.08;

        /// <summary>
        /// Architectures that are tried after the search: the decoded one, and others drawn with the weights of α and β. Each is trained
        /// for a while, the best third again for three times as long, and the one with the lowest loss is trained to the end. Fewer are
        /// tried where they would get fewer than 20 steps each, and none a second time. 1 tries nothing and trains the decoded one, as the
        /// paper's code: 1 to 100. Default 12.
        /// </summary>
        public int SearchCandidates = 12;

        /// <summary>
        /// Share that trials of <see cref="SearchCandidates"/> may take, all together: a share of the steps of <see cref="Epochs"/>, and of
        /// what is left of <see cref="TimeBudget"/> after the search. 0.01 to 0.5. Default 0.12.
        /// </summary>
        public double CandidateTimeShare = 0.12;

        /// <summary>Largest number of training pictures that the search uses (stratified): 4 or more. Default null: all.</summary>
        public int? SearchImages;

        /// <summary>Epochs of the search: 1 to 10,000. Default 20 (paper: 50).</summary>
        public int SearchEpochs = 20;

        /// <summary>Epochs in which only the weights are trained: 0 to <see cref="SearchEpochs"/>−1. Default 6 (paper: 15 of 50).</summary>
        public int SearchWarmUpEpochs = 6;

        /// <summary>
        /// Pictures a step of the search, for weights and architecture each: 2 to 8192; all of a half where it has fewer. Default 32
        /// (paper: 256).
        /// </summary>
        public int SearchBatchSize = 32;

        /// <summary>Initial learning rate of SGD on the supernet's weights, falling to 0 by half a cosine: above 0. Default 0.1.</summary>
        public double SearchLearningRate = 0.1;

        /// <summary>
        /// Learning rate of Adam on α and β (betas 0.5 and 0.999, weight decay 1e-3): above 0. Default 3e-3 (paper: 6e-4 on CIFAR, 6e-3 on
        /// ImageNet).
        /// </summary>
        public double ArchitectureLearningRate = 3e-3;

        /// <summary>Initial channels C of the supernet: 1 to 1024, divisible by <see cref="PartialChannels"/>. Default 16.</summary>
        public int SearchInitialChannels = 16;

        /// <summary>Cells of the supernet: 1 to 100. Default 5 (paper: 8).</summary>
        public int SearchLayers = 5;

        /// <summary>Nodes of a cell: 1 to 8. Default 4.</summary>
        public int Nodes = 4;

        /// <summary>
        /// K: one in K channels takes part in a mixed operation (Xu et al. 2020, section 3.2): 1 to 1024, dividing the channels. Default 4.
        /// </summary>
        public int PartialChannels = 4;

        /// <summary>
        /// Most skip connections that a decoded normal cell keeps: 0 to 16. Beyond it, those with the least weight give way to the next
        /// best operation of their edge. Cells with many skips train badly (4 of 8 edges already cost accuracy, 8 some 4 points over 211
        /// published genotypes); 2 is a good limit. Default null: no limit, as in the paper's code.
        /// </summary>
        public int? MaximumSkipConnections;

        /// <summary>
        /// Epochs after the warm-up without a change of the decoded genotype after which the search stops: 1 or more. Default null: never.
        /// </summary>
        public int? SearchPatience;

        /// <summary>
        /// Whether each epoch of the search after the warm-up measures the dominant eigenvalue of the loss in α, see
        /// <see cref="SearchDiagnostics.DominantEigenvalue"/>; it costs up to a hundred steps of the architecture. The result of the
        /// search stays the same. Default false.
        /// </summary>
        public bool EigenvalueDiagnostic;
    }
}
